import assert from 'node:assert/strict';
import { test } from 'node:test';
import { letterOfRefused, signalsOfLetter } from '../../../collector/src/8-sink/refused-letter.ts';
import type { DeadLetter } from '../../../collector/src/log/quarantine.ts';
import { sampleCase, sampleFinding, signalOf } from './sample-signals.ts';

test('a refused batch is a letter that gives its signals back', () => {
  const signals = [signalOf('finding', sampleFinding(), 'f1.0'), signalOf('case', sampleCase(), 'case-1.0')];
  const batch = {
    sink: 'otlp',
    signals,
    rejectedCount: 1,
    code: 'endpoint_refused',
    message: 'too old',
  } as const;
  const letter: DeadLetter = letterOfRefused(batch, 77);
  assert.equal(letter.source, 'sink:otlp');
  assert.equal(letter.tenant, 'acme');
  assert.equal(letter.message, '1 of these 2 signals: too old');
  assert.equal(letterOfRefused(batch, 99).id, letter.id);
  assert.notEqual(letterOfRefused({ ...batch, sink: 'other' }, 77).id, letter.id);
  assert.deepEqual(signalsOfLetter(letter.contentType, letter.bytes), signals);
  assert.equal(signalsOfLetter('application/json', letter.bytes), undefined);
  assert.equal(signalsOfLetter(letter.contentType, Buffer.from('{')), undefined);
});
