/** dnstap: decoding a frame beside protobufjs decoding the same frame, and the whole way from the socket's octets into windows. */
import protobuf from 'protobufjs';
import { takeName } from '../../collector/src/leaf/dns-name.ts';
import { wireCursor } from '../../collector/src/leaf/wire-cursor.ts';
import { decodeDnstapInto, emptyDnstapFrame } from '../../collector/src/leaf/dnstap-frame.ts';
import { formatInstant } from '../../collector/src/leaf/time.ts';
import { observationOf } from '../../collector/src/1-source/dnstap/dnstap-observation.ts';
import { frameReader, writeData } from '../../collector/src/1-source/frame-streams.ts';
import { queryWindows } from '../../collector/src/1-source/query-windows.ts';
import { cpuMs, interleaved, median, rounded, spreadOf, type Figure } from './figure.ts';

const framesOfRound = 200_000;
const distinctFrames = 20_000;
const chunkOctets = 65_536;
const headerOctets = 12;
const framesPerSecond = 150_000;

/** The fields of https://github.com/dnstap/dnstap.pb that servers send. */
const schema = protobuf
  .parse(
    `syntax = "proto2";
package dnstap;
message Dnstap { optional bytes identity = 1; optional bytes version = 2; optional bytes extra = 3; optional Message message = 14; required int32 type = 15; }
message Message { required int32 type = 1; optional int32 socket_family = 2; optional int32 socket_protocol = 3; optional bytes query_address = 4;
 optional bytes response_address = 5; optional uint32 query_port = 6; optional uint32 response_port = 7; optional uint64 query_time_sec = 8;
 optional fixed32 query_time_nsec = 9; optional bytes query_message = 10; optional bytes query_zone = 11; optional uint64 response_time_sec = 12;
 optional fixed32 response_time_nsec = 13; optional bytes response_message = 14; }`,
  )
  .root.lookupType('dnstap.Dnstap');

function nameOctets(name: string): Buffer {
  const labels = name
    .split('.')
    .map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1'));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

/** A response with one A record, as a resolver sends it to a client. */
function responseOctets(name: string, n: number): Buffer {
  const header = Buffer.from([n >> 8, n & 255, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
  const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, n & 255]);
  return Buffer.concat([header, nameOctets(name), Buffer.from([0, 1, 0, 1]), answer]);
}

/** Frames about `names`, in turn. */
function framesAbout(names: readonly string[]): Uint8Array[] {
  return Array.from({ length: distinctFrames }, (_, n) =>
    schema
      .encode({
        identity: Buffer.from('resolver-1'),
        type: 1,
        message: {
          type: 6,
          socketFamily: 1,
          socketProtocol: 1,
          queryAddress: Buffer.from([10, (n >> 8) & 63, n & 255, 7]),
          queryPort: 40_000 + (n % 20_000),
          queryTimeSec: 1_790_000_000,
          queryTimeNsec: n,
          responseTimeSec: 1_790_000_000,
          responseTimeNsec: n,
          responseMessage: responseOctets(names[n % names.length]!, n & 0xffff),
        },
      })
      .finish(),
  );
}

function withProtobufjs(frames: readonly Uint8Array[]): number {
  const started = cpuMs();
  let sum = 0;
  for (let n = 0; n < framesOfRound; n++) {
    const found = schema.decode(frames[n % frames.length]!) as unknown as {
      message: { responseMessage: Uint8Array };
    };
    sum += takeName(wireCursor(found.message.responseMessage, headerOctets)).length;
  }
  if (sum === 0) throw new Error('nothing was decoded');
  return cpuMs() - started;
}

function byHand(frames: readonly Uint8Array[]): number {
  const started = cpuMs();
  const frame = emptyDnstapFrame();
  let sum = 0;
  for (let n = 0; n < framesOfRound; n++) {
    if (!decodeDnstapInto(frames[n % frames.length]!, frame)) throw new Error('refused');
    sum += takeName(wireCursor(frame.responseMessage!, headerOctets)).length;
  }
  if (sum === 0) throw new Error('nothing was decoded');
  return cpuMs() - started;
}

/** Octets of a Frame Streams connection, without control frames. */
function stream(frames: readonly Uint8Array[]): Buffer {
  return Buffer.concat(frames.map((frame) => writeData(frame)));
}

/** From the socket's chunks into windows; gives milliseconds. */
function throughEdge(octets: Buffer, watched: ReadonlySet<string>): number {
  const domainOf = (name: string): string | undefined => {
    for (let at = 0; at !== -1; at = name.indexOf('.', at + 1)) {
      const found = at === 0 ? name : name.slice(at + 1);
      if (watched.has(found)) return found;
    }
    return undefined;
  };
  const limits = { windowMs: 60_000, domainsMax: 5_000, networksMax: 64, answerSetsMax: 64 };
  const windows = queryWindows('bench', limits, domainOf, formatInstant);
  const isWatched = (name: string): boolean => domainOf(name) !== undefined;
  const frame = emptyDnstapFrame();
  const started = cpuMs();
  const reader = frameReader();
  let seen = 0;
  for (let round = 0; round < framesOfRound / distinctFrames; round++)
    for (let at = 0; at < octets.length; at += chunkOctets) {
      const read = reader.push(octets.subarray(at, at + chunkOctets), (each) => {
        if (each.kind !== 'data' || !decodeDnstapInto(each.bytes, frame)) throw new Error('refused');
        const observation = observationOf(frame, 0, isWatched);
        if (typeof observation === 'object') windows.observe(observation);
        seen++;
      });
      if (!read.ok) throw new Error(read.failure.message);
    }
  const used = cpuMs() - started;
  if (seen !== framesOfRound) throw new Error(`${seen} frames came through`);
  return used;
}

/** Decoding beside its floor, then frames a second with 2 of 100 names watched, and with all of them. */
export async function* dnstapFigures(rounds: number): AsyncGenerator<Figure> {
  const names = Array.from({ length: 5_000 }, (_, n) => `host-${n}.service${n % 500}.example`);
  const frames = framesAbout(names);
  const octets = stream(frames);
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0) / frames.length;
  const few = new Set(Array.from({ length: 10 }, (_, n) => `service${n * 50}.example`));
  const all = new Set(Array.from({ length: 500 }, (_, n) => `service${n}.example`));
  const floors: number[] = [];
  const decoded: number[] = [];
  const edges: Record<'few' | 'all', number[]> = { few: [], all: [] };
  for (let round = 0; round < rounds + 2; round++) {
    const floor = withProtobufjs(frames);
    const value = byHand(frames);
    const through = { few: throughEdge(octets, few), all: throughEdge(octets, all) };
    if (round < 2) continue;
    floors.push((1000 * floor) / framesOfRound);
    decoded.push((1000 * value) / framesOfRound);
    edges.few.push((1000 * through.few) / framesOfRound);
    edges.all.push((1000 * through.all) / framesOfRound);
  }
  // At most 0.35 of the floor's time, as a ratio of floor to value.
  const note = `${Math.round(bytes)} bytes a frame, name read; floor: protobufjs decode and the same name`;
  yield await Promise.resolve(
    interleaved('dnstap.decode', 'cpu us/frame', decoded, floors, rounded(1 / 0.35), note),
  );
  for (const [which, values] of Object.entries(edges)) {
    const perSecond = 1e6 / median(values);
    yield {
      name: `dnstap.edge.${which}-watched`,
      value: rounded(perSecond),
      unit: 'frames/s on one core',
      floor: rounded(1e6 / median(floors)),
      ratio: rounded(median(floors) / median(values)),
      goal: framesPerSecond,
      held: perSecond >= framesPerSecond,
      spread: spreadOf(values),
      note: `octets to windows, ${which === 'few' ? '2 of 100' : 'all'} names watched; floor: protobufjs decode alone`,
    };
  }
}
