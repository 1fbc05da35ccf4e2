/** The few EPP commands a poll client says (RFC 5730 sections 2.9.1 and 2.9.2.3), and what it must understand of the answers. */
import { XMLParser } from 'fast-xml-parser';

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
});

type Node = Readonly<Record<string, unknown>>;

/** What a greeting offers: the URIs to name at login. */
export interface Greeting {
  readonly objects: readonly string[];
  readonly extensions: readonly string[];
}

/** Result code of an answer (RFC 5730 section 3), and the message on top of the queue when there is one. */
export interface Answer {
  readonly code: number;
  readonly text: string;
  readonly messageId: string | undefined;
}

/** Reads a greeting; undefined when it is none. */
export function greetingOf(bytes: Uint8Array): Greeting | undefined {
  const greeting = nodeOf(eppOf(bytes)?.['greeting']);
  if (greeting === undefined) return undefined;
  const menu = nodeOf(greeting['svcMenu']);
  return {
    objects: texts(menu?.['objURI']),
    extensions: texts(nodeOf(menu?.['svcExtension'])?.['extURI']),
  };
}

/** Reads a response; undefined when it is none or has no result code. */
export function answerOf(bytes: Uint8Array): Answer | undefined {
  const response = nodeOf(eppOf(bytes)?.['response']);
  const results = response?.['result'];
  const result = nodeOf(Array.isArray(results) ? results[0] : results);
  const code = Number(result?.['@code']);
  if (!Number.isInteger(code) || code < 1000 || code > 2999) return undefined;
  const id = nodeOf(response?.['msgQ'])?.['@id'];
  const text = texts(result?.['msg'])[0] ?? '';
  return { code, text: text.slice(0, 200), messageId: typeof id === 'string' && id !== '' ? id : undefined };
}

function eppOf(bytes: Uint8Array): Node | undefined {
  const text = Buffer.from(bytes).toString('utf8');
  // Entities cannot be declared without a document type, which EPP has no use for.
  if (text.includes('<!DOCTYPE')) return undefined;
  try {
    return nodeOf((parser.parse(text) as Node)['epp']);
  } catch {
    return undefined;
  }
}

function nodeOf(value: unknown): Node | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Node) : undefined;
}

/** Text of an element or of each of several, with or without attributes. */
function texts(value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.flatMap((each) => {
    const text = typeof each === 'string' ? each : nodeOf(each)?.['#text'];
    return typeof text === 'string' && text.trim() !== '' ? [text.trim()] : [];
  });
}

function escaped(text: string): string {
  return text.replace(/[<>&"']/g, (each) => `&#${each.charCodeAt(0)};`);
}

function command(body: string, transaction: string): string {
  return `<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command>${body}<clTRID>${escaped(transaction)}</clTRID></command></epp>`;
}

/** Login with every service of the greeting, so that nothing of a message is left out (RFC 9038). */
export function loginCommand(
  user: string,
  password: string,
  greeting: Greeting,
  transaction: string,
): string {
  const objects = greeting.objects.map((uri) => `<objURI>${escaped(uri)}</objURI>`).join('');
  const extensions = greeting.extensions.map((uri) => `<extURI>${escaped(uri)}</extURI>`).join('');
  const more = extensions === '' ? '' : `<svcExtension>${extensions}</svcExtension>`;
  return command(
    `<login><clID>${escaped(user)}</clID><pw>${escaped(password)}</pw><options><version>1.0</version><lang>en</lang></options><svcs>${objects}${more}</svcs></login>`,
    transaction,
  );
}

/** Asks for the message on top of the queue. */
export function pollRequest(transaction: string): string {
  return command('<poll op="req"/>', transaction);
}

/** Takes a message from the queue: for everybody, for ever. */
export function pollAcknowledgement(messageId: string, transaction: string): string {
  return command(`<poll op="ack" msgID="${escaped(messageId)}"/>`, transaction);
}

/** Ends the session. */
export function logoutCommand(transaction: string): string {
  return command('<logout/>', transaction);
}
