/** A dnstap frame as an observation: only what the window needs, the rest of the message is read for watched names alone. */
import { recordTypeName, rcodeName } from '../../leaf/dns-codes.ts';
import { readDnsMessage } from '../../leaf/dns-message.ts';
import { takeName } from '../../leaf/dns-name.ts';
import type { DnstapFrame } from '../../leaf/dnstap-frame.ts';
import { wireCursor } from '../../leaf/wire-cursor.ts';
import { networkText, type QueryObservation } from '../query-windows.ts';

const authResponse = 2;
const resolverResponse = 4;
const clientResponse = 6;
const headerOctets = 12;
const opcodeUpdate = 5;

function opcodeOf(bytes: Uint8Array): number {
  return (bytes[2]! >> 3) & 15;
}

/** A dynamic update (RFC 2136) of a watched zone, asked for or answered: a change, not a query to be counted. */
function updateOf(frame: DnstapFrame, isWatched: (name: string) => boolean): 'update' | undefined {
  const bytes = frame.type % 2 === 0 ? frame.responseMessage : frame.queryMessage;
  if (bytes === undefined || bytes.length < headerOctets || opcodeOf(bytes) !== opcodeUpdate)
    return undefined;
  const cursor = wireCursor(bytes, headerOctets);
  const zone = takeName(cursor);
  return cursor.problem === undefined && isWatched(zone) ? 'update' : undefined;
}

/**
 * Response frames of servers and resolvers; queries and other frames give undefined, as each would count twice. `update`: a frame
 * that is a record of its own.
 */
export function observationOf(
  frame: DnstapFrame,
  receivedAtMs: number,
  isWatched: (name: string) => boolean,
): QueryObservation | 'unwatched' | 'other' | 'update' | 'damaged' {
  if (frame.type !== authResponse && frame.type !== clientResponse && frame.type !== resolverResponse)
    return updateOf(frame, isWatched) ?? 'other';
  const bytes = frame.responseMessage;
  if (bytes === undefined || bytes.length < headerOctets || ((bytes[4]! << 8) | bytes[5]!) !== 1)
    return 'damaged';
  if (opcodeOf(bytes) !== 0) return updateOf(frame, isWatched) ?? 'other';
  const cursor = wireCursor(bytes, headerOctets);
  const name = takeName(cursor);
  const typeAt = cursor.at;
  if (cursor.problem !== undefined || typeAt + 4 > bytes.length) return 'damaged';
  if (!isWatched(name)) return 'unwatched';
  const type = recordTypeName((bytes[typeAt]! << 8) | bytes[typeAt + 1]!);
  const answerCount = (bytes[6]! << 8) | bytes[7]!;
  let answers: string[] | undefined;
  if (answerCount > 0) {
    const message = readDnsMessage(bytes);
    if (!message.ok) return 'damaged';
    answers = message.value.answers
      .filter((record) => record.type === type)
      .map((record) => record.data)
      .sort();
  }
  const isResolver = frame.type === resolverResponse;
  const network = isResolver
    ? frame.responseAddress && networkText(frame.responseAddress)
    : frame.queryAddress && networkText(frame.queryAddress);
  return {
    atMs: frame.responseTimeMs ?? frame.queryTimeMs ?? receivedAtMs,
    name,
    type,
    rcode: rcodeName(bytes[3]! & 15),
    kind: frame.type === authResponse ? 'authoritative_log' : 'resolver_log',
    ...(network !== undefined ? (isResolver ? { answerNetwork: network } : { clientNetwork: network }) : {}),
    ...(answers !== undefined ? { answers } : {}),
  };
}
