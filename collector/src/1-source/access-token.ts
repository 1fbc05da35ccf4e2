/** OAuth 2.0 access tokens for pollers: asked for when needed, kept until shortly before they expire, never written anywhere. */
import type { Secret } from '../leaf/secret.ts';
import { createSecret } from '../leaf/secret.ts';
import type { Failure } from '../contract/outcome.ts';
import { askApi } from './api-answer.ts';
import type { OutgoingClient } from './outgoing-http.ts';

/** A token, or why there is none; `afterMs` when the token endpoint asked to wait. */
export type TokenResult =
  | { readonly ok: true; readonly token: Secret }
  | {
      readonly ok: false;
      readonly failure: Failure;
      readonly status: number;
      readonly afterMs?: number | undefined;
    };

/** Gives the current token. `forget` drops it, for an API that refuses it before its time. */
export interface TokenSource {
  token(nowMs: number, signal: AbortSignal): Promise<TokenResult>;
  forget(): void;
}

/** Token source over a token endpoint. `form` builds the request body at each request (an assertion holds the time). */
export function createTokenSource(
  client: OutgoingClient,
  tokenUrl: string,
  form: (nowMs: number) => Promise<URLSearchParams>,
): TokenSource {
  let kept: { token: Secret; untilMs: number } | undefined;
  return {
    forget: () => {
      kept = undefined;
    },
    token: async (nowMs, signal) => {
      if (kept !== undefined && nowMs < kept.untilMs) return { ok: true, token: kept.token };
      const body = (await form(nowMs)).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
      const asked = await askApi(
        client,
        { method: 'POST', url: tokenUrl, headers, body, answerBytesMax: 65_536, redirectsMax: 0 },
        nowMs,
        signal,
      );
      if (!asked.ok) {
        // The token endpoint answers 400 to wrong client credentials (RFC 6749 section 5.2).
        const code = asked.status === 400 ? 'unauthorised' : asked.failure.code;
        return { ...asked, failure: { ...asked.failure, code } };
      }
      const answer = tokenAnswer(asked.text);
      if (answer === undefined)
        return {
          ok: false,
          status: asked.answer.status,
          failure: { code: 'bad_field', path: '/access_token', message: 'the token endpoint gave no token' },
        };
      const token = createSecret(answer.token);
      kept = { token, untilMs: nowMs + Math.max(answer.lifetimeMs - 60_000, 1_000) };
      return { ok: true, token };
    },
  };
}

function tokenAnswer(text: string): { token: string; lifetimeMs: number } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { access_token: token, expires_in: lifetime } = (value ?? {}) as Record<string, unknown>;
  if (typeof token !== 'string' || token === '') return undefined;
  const seconds = Number(lifetime);
  return {
    token,
    lifetimeMs: (Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 86_400) : 300) * 1000,
  };
}

/** Client credentials grant (RFC 6749 section 4.4) of a Microsoft identity platform application. */
export function clientCredentialsForm(
  clientId: string,
  clientSecret: Secret,
  scope: string,
): () => Promise<URLSearchParams> {
  return () =>
    Promise.resolve(
      new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret.reveal(),
        scope,
      }),
    );
}
