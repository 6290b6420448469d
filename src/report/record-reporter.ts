import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { recordFiles, writeRecord, writeRecordSet } from '../record/record-file.ts';
import { RecordStream } from '../record/record-stream.ts';
import type { Reporter, ReporterContext } from './reporter.ts';
import { onlyRecord, reports } from './reports.ts';

/** Takes away what an earlier run left in the folder, so that nobody takes it for a later one's. */
export function clearReports(out: string): void {
  for (const name of [...Object.values(recordFiles), ...reports.map(({ file }) => file)])
    rmSync(join(out, name), { force: true });
}

/**
 * Writes the record itself: line by line while the run goes on, and as a whole when everything is over. What was in
 * the folder before is taken away when the first case is about to be played.
 */
export function recordReporter({ out, writes }: ReporterContext): Reporter {
  const file = join(out, recordFiles.finished);
  const unfinished = join(out, recordFiles.unfinished);
  writes(file);
  let stream: RecordStream | undefined;
  return {
    onRunStart({ facts, planned }) {
      if (!stream) clearReports(out);
      stream ??= new RecordStream(unfinished);
      stream.run(facts, planned);
    },
    onCaseEnd: (result) => stream?.result(result),
    onRunEnd: (record) => stream?.end(record),
    async onEnd(set) {
      const record = onlyRecord(set);
      await (record ? writeRecord(file, record) : writeRecordSet(file, set));
      stream?.close();
      // What watches goes on to another run, which begins anew.
      stream = undefined;
      // Also that of an earlier run, where this one ended before its first case: it would be read instead.
      rmSync(unfinished, { force: true });
    },
  };
}
