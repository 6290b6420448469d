import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { recordFiles, writeRecord, writeRecordSet } from '../record/record-file.ts';
import { RecordStream } from '../record/record-stream.ts';
import type { Reporter, ReporterContext } from './reporter.ts';

/**
 * Writes the record itself: line by line while the run goes on, and as a whole when everything is over. What an
 * earlier run left in the folder is taken away first, so that nobody takes it for this one's.
 */
export function recordReporter(context: ReporterContext, stale: readonly string[] = []): Reporter {
  const file = join(context.out, recordFiles.finished);
  context.writes(file);
  let stream: RecordStream | undefined;
  return {
    onRunStart({ facts, planned }) {
      if (!stream) for (const one of [file, ...stale]) rmSync(one, { force: true });
      stream ??= new RecordStream(join(context.out, recordFiles.unfinished));
      stream.run(facts, planned);
    },
    onCaseEnd: (result) => stream?.result(result),
    onRunEnd: (record) => stream?.end(record),
    async onEnd(set) {
      const [record, ...others] = set.records;
      const isOne = others.length === 0 && set.notPlayed.length === 0 && record?.round === undefined;
      await (record && isOne ? writeRecord(file, record) : writeRecordSet(file, set));
      stream?.remove();
    },
  };
}
