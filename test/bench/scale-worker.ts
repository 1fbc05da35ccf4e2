/** One of the processes of scale.ts: does what it is told, and says when it is done. */
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import { benchCollector } from './bench-collector.ts';
import { decideAll, loadDomains, parseAll, recordsOfLoad, roundOf, warmUpRounds } from './pipeline.ts';
import type { ScaleOrder } from './scale.ts';

const load = 'okta';
/** About as long as deciding the records takes. */
const parsePasses = 14;
const made = await benchCollector(loadDomains, true);
let next = 0;
let records: RawRecord[] = [];

async function follow(order: ScaleOrder): Promise<void> {
  if (order === 'decide') await decideAll(records, made);
  else if (order === 'parse') for (let i = 0; i < parsePasses; i++) parseAll(records);
  else {
    records = recordsOfLoad(load, roundOf(load), next);
    next += records.length;
    (globalThis as { gc?: () => void }).gc?.();
  }
}

for (let round = 0; round < warmUpRounds; round++)
  for (const order of ['prepare', 'decide'] as const) await follow(order);
process.on('message', (order: ScaleOrder) => {
  void follow(order).then(() => process.send?.('done'));
});
process.once('disconnect', () => void made.close());
process.send?.('ready');
