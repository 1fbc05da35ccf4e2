/**
 * The registry's service message queue over EPP (RFC 5730 section 2.9.2.3, transport RFC 5734).
 *
 * The queue has one owner: an acknowledged message is gone for every client of the registrar. It is acknowledged only
 * when it is durable; a crash between the two makes the registry give it again, with the same id.
 */
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { Intake, SourceIdentity, SourceRun, Surroundings } from '../../contract/component.ts';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import type { Secret } from '../../leaf/secret.ts';
import type { OutgoingPolicy } from '../address-policy.ts';
import { acceptWhenPossible } from '../patient-intake.ts';
import { createEppChannel, type EppChannel } from './epp-frames.ts';
import {
  answerOf,
  greetingOf,
  loginCommand,
  logoutCommand,
  pollAcknowledgement,
  pollRequest,
  type Answer,
} from './epp-messages.ts';

/** Settings. `instance` names the registry: with the message id it is what an event is known by. */
export interface EppPollSettings {
  readonly identity: SourceIdentity;
  readonly instance: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: Secret;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: Secret } | undefined;
  /** For one answer; absent: 30,000. */
  readonly timeoutMs?: number;
}

/** Messages of one session, so that a queue that never ends leaves room for a fresh one. */
const messagesMax = 10_000;

/** Builds the source. Each round is a session of its own: connect, log in, empty the queue, log out. */
export function createEppPollSource(
  settings: EppPollSettings,
  policy: OutgoingPolicy,
  around: Surroundings,
): SourceRun {
  return {
    identity: settings.identity,
    probe: async (signal) => {
      const channel = await openSession(settings, policy, around, signal);
      if (!channel.ok) return channel;
      await say(channel.value, logoutCommand(transactionOf(around)), timeoutOf(settings));
      channel.value.close();
      return succeeded(`logged in at ${settings.host}`);
    },
    run: (intake, signal) => rounds(settings, policy, around, intake, signal),
  };
}

async function rounds(
  settings: EppPollSettings,
  policy: OutgoingPolicy,
  around: Surroundings,
  intake: Intake,
  signal: AbortSignal,
): Promise<void> {
  const { identity } = settings;
  let told = '';
  let failures = 0;
  while (!signal.aborted) {
    const round = await emptyQueue(settings, policy, around, intake, signal);
    if (signal.aborted) return;
    if (round.ok) {
      if (told !== '') around.log('info', 'source answers again', { source: identity.id });
      told = '';
      failures = 0;
      intake.heartbeat(identity);
      await around.sleep(identity.intervalMs, signal).catch(() => {});
      continue;
    }
    failures += 1;
    const { code, message } = round.failure;
    if (told !== code)
      around.log(code === 'unauthorised' ? 'error' : 'warn', `source cannot be read: ${message}`, {
        source: identity.id,
        code,
      });
    told = code;
    // Registries lock accounts that log in wrongly again and again.
    const firstMs = code === 'unauthorised' ? 300_000 : 5_000;
    const waitMs = Math.min(3_600_000, firstMs * 2 ** Math.min(failures - 1, 10));
    await around.sleep(waitMs / 2 + (waitMs / 2) * around.random(), signal).catch(() => {});
  }
}

async function emptyQueue(
  settings: EppPollSettings,
  policy: OutgoingPolicy,
  around: Surroundings,
  intake: Intake,
  signal: AbortSignal,
): Promise<Outcome<number>> {
  const session = await openSession(settings, policy, around, signal);
  if (!session.ok) return session;
  const channel = session.value;
  const timeoutMs = timeoutOf(settings);
  const stop = (): void => channel.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    let last: string | undefined;
    for (let taken = 0; ; taken++) {
      const found =
        taken < messagesMax ? await say(channel, pollRequest(transactionOf(around)), timeoutMs) : undefined;
      if (found?.ok === false) return found;
      const { answer, bytes } = found?.value ?? { answer: noMessage, bytes: new Uint8Array() };
      if (answer.code === noMessage.code) {
        await say(channel, logoutCommand(transactionOf(around)), timeoutMs);
        return succeeded(taken);
      }
      const id = answer.messageId;
      if (answer.code !== 1301 || id === undefined) return refused(settings, answer, 'poll');
      if (id === last)
        return failed(
          'endpoint_refused',
          `${settings.host} gives message ${id} again after its acknowledgement`,
        );
      const record = {
        tenant: settings.identity.tenant,
        source: 'epp-poll',
        instance: settings.instance,
        receivedAtMs: around.nowMs(),
        contentType: 'application/epp+xml',
        verified: true,
        bytes,
        meta: { source: settings.identity.id },
      } as const;
      const cursor = { source: settings.identity.id, position: id };
      if (!(await acceptWhenPossible(intake, [record], cursor, around, signal)))
        return failed('endpoint_unreachable', 'stopped');
      const acknowledged = await say(channel, pollAcknowledgement(id, transactionOf(around)), timeoutMs);
      if (!acknowledged.ok) return acknowledged;
      // 2303: another client of the registrar was faster.
      if (acknowledged.value.answer.code === 2303)
        around.log('error', 'another client acknowledges messages of this queue; only one may', {
          source: settings.identity.id,
        });
      else if (acknowledged.value.answer.code >= 2000)
        return refused(settings, acknowledged.value.answer, 'ack');
      last = id;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    channel.close();
  }
}

const noMessage: Answer = { code: 1300, text: '', messageId: undefined };

async function openSession(
  settings: EppPollSettings,
  policy: OutgoingPolicy,
  around: Surroundings,
  signal: AbortSignal,
): Promise<Outcome<EppChannel>> {
  const timeoutMs = timeoutOf(settings);
  const connected = await open(settings, policy, timeoutMs, signal);
  if (!connected.ok) return connected;
  const place = placeOf(settings);
  const channel = createEppChannel(connected.value, place);
  const give = <T>(outcome: Outcome<T>): Outcome<T> => {
    if (!outcome.ok) channel.close();
    return outcome;
  };
  const first = give(await channel.read(timeoutMs));
  if (!first.ok) return first;
  const greeting = greetingOf(first.value);
  if (greeting === undefined) return give(failed('bad_wire_format', `${place} does not greet as EPP`));
  const login = loginCommand(settings.user, settings.password.reveal(), greeting, transactionOf(around));
  const answered = give(await say(channel, login, timeoutMs));
  if (!answered.ok) return answered;
  const { answer } = answered.value;
  return answer.code >= 2000 ? give(refused(settings, answer, 'login')) : succeeded(channel);
}

function open(
  settings: EppPollSettings,
  policy: OutgoingPolicy,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Outcome<TLSSocket>> {
  const { host, port, tls } = settings;
  const place = placeOf(settings);
  const allowed = policy.check(new URL(`https://${isIP(host) === 6 ? `[${host}]` : host}:${port}/`));
  if (!allowed.ok) return Promise.resolve(allowed);
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      lookup: policy.lookup,
      minVersion: 'TLSv1.2',
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
      ...(tls?.key === undefined ? {} : { key: tls.key.reveal() }),
    });
    const give = (outcome: Outcome<TLSSocket>): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      if (!outcome.ok) socket.destroy();
      resolve(outcome);
    };
    const stop = (): void => give(failed('endpoint_unreachable', 'stopped'));
    const timer = setTimeout(
      () => give(failed('endpoint_timeout', `${place} did not answer in time`)),
      timeoutMs,
    );
    signal.addEventListener('abort', stop, { once: true });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EREFUSED_ADDRESS' ? `refused by policy: ${error.message}` : error.code;
      give(failed('endpoint_unreachable', `${place}: ${why ?? 'connection failed'}`));
    });
    socket.once('secureConnect', () => give(succeeded(socket)));
  });
}

async function say(
  channel: EppChannel,
  xml: string,
  timeoutMs: number,
): Promise<Outcome<{ readonly answer: Answer; readonly bytes: Uint8Array }>> {
  channel.write(xml);
  const bytes = await channel.read(timeoutMs);
  if (!bytes.ok) return bytes;
  const answer = answerOf(bytes.value);
  return answer === undefined
    ? failed('bad_wire_format', 'the registry answered with something that is no EPP response')
    : succeeded({ answer, bytes: bytes.value });
}

/** RFC 5730 section 3: 2200 and 2201 are about who we are, 2502 about too many sessions. */
function refused(settings: EppPollSettings, answer: Answer, what: string): Outcome<never> {
  const { code, text } = answer;
  const kind =
    code === 2200 || code === 2201 || code === 2501
      ? 'unauthorised'
      : code === 2502
        ? 'endpoint_throttled'
        : 'endpoint_refused';
  return failed(kind, `${settings.host} refuses ${what} with ${code} ${text}`);
}

function transactionOf(around: Surroundings): string {
  return `zonewarden-${around.nowMs()}`;
}

function timeoutOf(settings: EppPollSettings): number {
  return settings.timeoutMs ?? 30_000;
}

function placeOf({ host, port }: EppPollSettings): string {
  return `${host}:${port}`;
}
