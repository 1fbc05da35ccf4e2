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

/** Response frames of servers and resolvers; queries and other frames give undefined, as each would count twice. */
export function observationOf(
  frame: DnstapFrame,
  receivedAtMs: number,
  isWatched: (name: string) => boolean,
): QueryObservation | 'unwatched' | 'other' | 'damaged' {
  if (frame.type !== authResponse && frame.type !== clientResponse && frame.type !== resolverResponse)
    return 'other';
  const bytes = frame.responseMessage;
  if (bytes === undefined || bytes.length < headerOctets || ((bytes[4]! << 8) | bytes[5]!) !== 1)
    return 'damaged';
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
