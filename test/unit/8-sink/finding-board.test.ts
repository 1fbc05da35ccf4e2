import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FindingBoard } from '../../../collector/src/8-sink/finding-board.ts';
import { sampleCase, sampleFinding, signalOf } from './sample-signals.ts';

test('findings are counted by their latest revision, however often they are told', () => {
  const board = new FindingBoard(2);
  for (let i = 0; i < 3; i++) board.apply(signalOf('finding', sampleFinding()));
  board.apply(signalOf('finding', sampleFinding({ finding_id: 'f2' })));
  board.apply(signalOf('case', sampleCase()));
  const labels = { tenant: 'acme', detection: 'R05', severity: 'high', state: 'open' };
  assert.deepEqual([...board.reader()], [{ metric: 'findings', labels, value: 2 }]);
  board.apply(signalOf('finding', sampleFinding({ revision: 1, severity: 'low', state: 'suppressed' })));
  board.apply(signalOf('finding', sampleFinding()));
  assert.deepEqual(
    [...board.reader()],
    [
      { metric: 'findings', labels: { ...labels, severity: 'low', state: 'suppressed' }, value: 1 },
      { metric: 'findings', labels, value: 1 },
    ],
  );
  board.apply(signalOf('finding', sampleFinding({ finding_id: 'f3' })));
  assert.equal(
    [...board.reader()].reduce((sum, { value }) => sum + value, 0),
    2,
    'bounded',
  );
});
