/**
 * What every source that asks somebody holds: the position moves only with durable records, a restart repeats at most a
 * page and makes no second event, and neither the other side nor the clock can make it lose, spin, stop or tell a secret.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { normalisers } from '../../collector/src/2-normalise/index.ts';
import { normaliseRecord } from '../../collector/src/2-normalise/normalise-record.ts';
import {
  assertNoSecret,
  createRecorder,
  runFor,
  startFake,
  startMs,
  textsOf,
  type FakeAnswer,
  type FakeCall,
  type Recorder,
} from '../unit/1-source/api-fake.ts';
import { canary, sourceCases, type SourceCase, type Vendor } from './source-cases.ts';

const context = { sha256: (data: string | Uint8Array) => hash('sha256', data) };

/** Event ids of everything stored; 'dead' for what no normaliser reads. */
function eventIds(one: SourceCase, recorder: Recorder): string[] {
  const normaliser = normalisers.find((each) => each.source === one.feed);
  assert.ok(normaliser !== undefined);
  return recorder.records.flatMap((record) => {
    const outcome = normaliseRecord(record, normaliser, startMs, context);
    return outcome.ok
      ? outcome.value.events.map((event) => event.event_id)
      : [`dead ${outcome.failure.message}`];
  });
}

const idsOf = (one: SourceCase, recorder: Recorder): string[] =>
  textsOf(recorder).map((text) => one.idOf(text));

function vendorOf(...log: string[]): Vendor {
  return { log };
}

async function fakeOf(
  one: SourceCase,
  vendor: Vendor,
  hook?: (call: FakeCall) => FakeAnswer | 'usual',
  timeoutMs = 2000,
) {
  return startFake((call) => {
    const special = hook === undefined ? 'usual' : hook(call);
    return special === 'usual' ? one.answer(vendor, call) : special;
  }, timeoutMs);
}

for (const one of sourceCases) {
  test(`${one.name}: everything is taken once, over all pages and over the polls that follow`, async (t) => {
    const vendor = vendorOf('1', '2', '3', '4', '5');
    const fake = await fakeOf(one, vendor);
    t.after(() => fake.close());
    const recorder = createRecorder();
    await runFor(one.build(fake), recorder, 3);
    assert.deepEqual(idsOf(one, recorder).sort(), ['1', '2', '3', '4', '5']);
    assert.ok(recorder.heartbeats >= 1, 'it shows that it lives');
    assert.deepEqual(
      eventIds(one, recorder).filter((id) => id.startsWith('dead')),
      [],
    );
    assertNoSecret(recorder, canary);
  });

  test(`${one.name}: the position stands still while records are not durable`, async (t) => {
    const vendor = vendorOf('1', '2', '3');
    const fake = await fakeOf(one, vendor);
    t.after(() => fake.close());
    const recorder = createRecorder();
    recorder.refuse = 1_000;
    await runFor(one.build(fake), recorder, 4);
    assert.deepEqual([recorder.records.length, recorder.cursors.size], [0, 0]);
    assert.equal(vendor.log.length, 3, 'nothing is taken away from the other side');
    recorder.refuse = 0;
    await runFor(one.build(fake), recorder, 3);
    assert.deepEqual(idsOf(one, recorder).sort(), ['1', '2', '3']);
  });

  test(`${one.name}: killed after any page and started again: at most a page comes twice, and no second event`, async (t) => {
    for (const pages of [1, 2, 3]) {
      const vendor = vendorOf('1', '2', '3', '4', '5');
      const fake = await fakeOf(one, vendor);
      const recorder = createRecorder();
      // The process dies after the commit of a page, before it could do anything else with it.
      const stop = new AbortController();
      let accepted = 0;
      const dying = {
        ...recorder.intake,
        accept: async (...given: Parameters<typeof recorder.intake.accept>) => {
          await recorder.intake.accept(...given);
          if (++accepted === pages) stop.abort();
        },
      };
      const around = {
        nowMs: () => startMs,
        random: () => 0,
        log: () => {},
        sleep: () => {
          stop.abort();
          return Promise.resolve();
        },
      };
      await one.build(fake)(around).run(dying, stop.signal);
      await runFor(one.build(fake), recorder, 3);
      await fake.close();
      const ids = idsOf(one, recorder);
      assert.deepEqual([...new Set(ids)].sort(), ['1', '2', '3', '4', '5'], 'nothing is lost');
      assert.ok(ids.length <= 7, `${ids.length - 5} records came twice`);
      const events = eventIds(one, recorder);
      assert.equal(new Set(events).size, new Set(ids).size, 'a record repeated is the same event');
    }
    t.diagnostic('three places to die');
  });

  test(`${one.name}: 429 with Retry-After, 5xx, a hang, truncated JSON and no UTF-8 are waited out`, async (t) => {
    const bad: FakeAnswer[] = [
      { status: 429, headers: { 'retry-after': '120' } },
      { status: 503 },
      undefined,
      { body: '[{"id":"1","uuid":"1"' },
      { body: new Uint8Array([0x5b, 0xff, 0xfe, 0x5d]) },
    ];
    let faults = 0;
    const hook = (call: FakeCall): FakeAnswer | 'usual' => {
      if (call.url.pathname.endsWith('/token') || faults >= bad.length) return 'usual';
      faults += 1;
      return bad[faults - 1];
    };
    const fake = await fakeOf(one, vendorOf('1', '2', '3'), hook, 200);
    t.after(() => fake.close());
    const recorder = createRecorder();
    const clock = await runFor(one.build(fake), recorder, bad.length + 3);
    assert.ok((clock.waits[0] ?? 0) >= 120_000, 'it waits as long as it was asked to');
    assert.ok(
      clock.waits.slice(1, 5).every((ms) => ms >= 500),
      'and a while after each fault',
    );
    assert.deepEqual([...new Set(idsOf(one, recorder))].sort(), ['1', '2', '3']);
    assert.ok(
      recorder.log.length > 0 && recorder.log.length <= 2 * bad.length + 2,
      'each kind of failure is told once',
    );
    assertNoSecret(recorder, canary);
  });

  test(`${one.name}: wrong credentials need a person, are told once and never shown`, async (t) => {
    const fake = await fakeOf(one, vendorOf('1'), () => ({ status: 401, body: { error: canary } }));
    t.after(() => fake.close());
    const recorder = createRecorder();
    const clock = await runFor(one.build(fake), recorder, 4);
    assert.equal(recorder.log.filter((line) => line.startsWith('error')).length, 1);
    assert.equal(recorder.records.length, 0);
    assert.ok((clock.waits[3] ?? 0) > (clock.waits[0] ?? 0), 'it asks less and less often');
    const probed = await one.build(fake)(clock.around).probe(AbortSignal.timeout(2000));
    assert.equal(probed.ok, false);
    assert.equal(JSON.stringify(probed).includes(canary), false);
    assertNoSecret(recorder, canary);
  });

  test(`${one.name}: pages that lead in a circle end, and the source goes on afterwards`, async (t) => {
    if (!one.canLoop) {
      assert.equal(one.loop, undefined, 'no page of this source names another');
      return;
    }
    let isLooping = true;
    const hook = (call: FakeCall): FakeAnswer | 'usual' =>
      isLooping && one.loop !== undefined && !call.url.pathname.endsWith('/token') ? one.loop(call) : 'usual';
    const fake = await fakeOf(one, vendorOf('1', '2', '3'), hook);
    t.after(() => fake.close());
    const recorder = createRecorder();
    await runFor(one.build(fake), recorder, 3);
    assert.ok(fake.calls.length < 20, `${fake.calls.length} requests`);
    assert.ok(recorder.log.length >= 1, 'it is told');
    isLooping = false;
    await runFor(one.build(fake), recorder, 4);
    const taken = idsOf(one, recorder).filter((id) => id !== 'loop');
    assert.deepEqual([...new Set(taken)].sort(), ['1', '2', '3']);
  });

  test(`${one.name}: a clock that jumps back or far ahead loses nothing that is still there`, async (t) => {
    const vendor = vendorOf('1', '2', '3');
    const fake = await fakeOf(one, vendor);
    t.after(() => fake.close());
    const recorder = createRecorder();
    await runFor(one.build(fake), recorder, 2, startMs);
    vendor.log.push('4');
    await runFor(one.build(fake), recorder, 2, startMs - 3_600_000);
    vendor.log.push('5');
    await runFor(one.build(fake), recorder, 2, startMs + 6 * 3_600_000);
    assert.deepEqual([...new Set(idsOf(one, recorder))].sort(), ['1', '2', '3', '4', '5']);
  });

  test(`${one.name}: the same record delivered twice is one event`, async (t) => {
    const fake = await fakeOf(one, vendorOf('1', '2', '2', '1'));
    t.after(() => fake.close());
    const recorder = createRecorder();
    await runFor(one.build(fake), recorder, 3);
    const events = eventIds(one, recorder);
    assert.equal(new Set(events).size, 2);
    if (one.hasOverlap) assert.equal(recorder.records.length, 2, 'its id is recognised before it is stored');
  });

  test(`${one.name}: stops at once while it waits, while it asks and while it stores`, async (t) => {
    const fake = await fakeOf(one, vendorOf('1'), () => undefined);
    t.after(() => fake.close());
    const recorder = createRecorder();
    const stop = new AbortController();
    const around = {
      nowMs: () => startMs,
      random: () => 0,
      log: () => {},
      sleep: () => Promise.resolve(),
    };
    const running = one.build(fake)(around).run(recorder.intake, stop.signal);
    setTimeout(() => stop.abort(), 20);
    await running;
    assert.equal(recorder.records.length, 0);
  });
}
