/**
 * dnstap, one frame a record: queries and responses as `dnsquery.query.logged`, dynamic updates as attempts. In production
 * the receiver counts queries into windows; single frames come here from files and with the debug switch.
 */
import type { EventDraft, NormaliseContext, Normaliser } from '../contract/normaliser.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { addressText } from '../leaf/address-octets.ts';
import { readDnsMessage, type DnsMessage } from '../leaf/dns-message.ts';
import { decodeDnstap, dnstapTypeNames, type DnstapFrame } from '../leaf/dnstap-frame.ts';
import { queryDraft, type DnsWitness } from './dns-facts.ts';
import { updateDrafts } from './dns-update.ts';
import { isQueryWindow, queryWindowDrafts } from './query-window.ts';

const protocols = ['', 'UDP', 'TCP', 'DOT', 'DOH', 'DNSCryptUDP', 'DNSCryptTCP', 'DOQ'] as const;

function isResponseType(type: number): boolean {
  return type % 2 === 0;
}

function witnessOf(frame: DnstapFrame, record: RawRecord): DnsWitness {
  const authoritative = frame.type <= 2 || frame.type >= 13;
  const timeMs = isResponseType(frame.type)
    ? (frame.responseTimeMs ?? frame.queryTimeMs)
    : (frame.queryTimeMs ?? frame.responseTimeMs);
  const identity = frame.identity === undefined ? '' : new TextDecoder().decode(frame.identity).slice(0, 200);
  const instance = record.instance ?? (identity === '' ? undefined : identity);
  return {
    system: 'dnstap',
    kind: authoritative ? 'authoritative_log' : 'resolver_log',
    ...(instance !== undefined ? { instance } : {}),
    acquisition: 'passive',
    confidence: 0.9,
    confidenceBasis: 'passive',
    timeMs: Math.floor(timeMs ?? record.receivedAtMs),
    precision: 'ms',
  };
}

/** Text of a validated answer: the AD bit is a resolver's word, so only responses of resolvers count. */
function validated(message: DnsMessage, type: number): { validated?: boolean } {
  return isResponseType(type) && type > 2 && type < 13 ? { validated: message.authenticData } : {};
}

function queryDrafts(
  frame: DnstapFrame,
  message: DnsMessage,
  witness: DnsWitness,
  digest: string,
): Outcome<readonly EventDraft[]> {
  const question = message.questions[0];
  if (question === undefined)
    return failed('missing_field', 'DNS message in a dnstap frame has no question', '/question');
  const client = frame.queryAddress === undefined ? undefined : addressText(frame.queryAddress);
  const server = frame.responseAddress === undefined ? undefined : addressText(frame.responseAddress);
  const protocol = protocols[frame.socketProtocol] ?? '';
  return succeeded([
    queryDraft(
      witness,
      {
        question: question.nativeName,
        type: question.type,
        ...(client !== undefined ? { client } : {}),
        ...(server !== undefined ? { resolver: server } : {}),
        ...(message.response
          ? {
              rcode: message.rcode,
              answers: message.answers.map((record) => record.data),
              ...validated(message, frame.type),
            }
          : {}),
        source: {
          message_type: dnstapTypeNames[frame.type] ?? `TYPE${frame.type}`,
          message_id: message.id,
          opcode: message.opcode,
          ...(protocol !== '' ? { protocol } : {}),
          ...(frame.queryPort > 0 ? { client_port: frame.queryPort } : {}),
          ...(message.edns?.clientSubnet !== undefined ? { client_subnet: message.edns.clientSubnet } : {}),
          ...(message.edns?.extendedErrors !== undefined
            ? { extended_errors: message.edns.extendedErrors }
            : {}),
        },
      },
      [digest],
    ),
  ]);
}

function normalise(record: RawRecord, context: NormaliseContext): Outcome<readonly EventDraft[]> {
  if (isQueryWindow(record)) return queryWindowDrafts(record, 'dnstap');
  const decoded = decodeDnstap(record.bytes);
  if (!decoded.ok) return decoded;
  const frame = decoded.value;
  const bytes = isResponseType(frame.type)
    ? (frame.responseMessage ?? frame.queryMessage)
    : (frame.queryMessage ?? frame.responseMessage);
  if (bytes === undefined) return failed('missing_field', 'dnstap frame holds no DNS message', '/message');
  const message = readDnsMessage(bytes);
  if (!message.ok) return message;
  const witness = witnessOf(frame, record);
  const digest = context.sha256(record.bytes);
  if (message.value.opcode === 'UPDATE') {
    const peer = frame.queryAddress === undefined ? undefined : addressText(frame.queryAddress);
    return updateDrafts(message.value, witness, peer, digest);
  }
  return queryDrafts(frame, message.value, witness, digest);
}

/** Feed `dnstap`. */
export const dnstap: Normaliser = { source: 'dnstap', version: 1, normalise };
