import { writeWhole } from '../record/record-file.ts';
import { generatedFiles } from './generated-files.ts';

for (const { path, file, text } of generatedFiles()) {
  await writeWhole(file, await text());
  process.stdout.write(`wrote ${path}\n`);
}
