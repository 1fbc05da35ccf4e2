/** Configured executors as running ones: one line per kind. */
import type { Surroundings } from '../contract/component.ts';
import type { OutgoingClient } from '../1-source/outgoing-http.ts';
import { createCloudflareExecutor } from '../8-sink/action/cloudflare.ts';
import { createDnsUpdateExecutor } from '../8-sink/action/dns-update.ts';
import { createDnsimpleExecutor } from '../8-sink/action/dnsimple.ts';
import type { ActionHttp, Executor } from '../8-sink/action/executor.ts';
import { createRoute53Executor } from '../8-sink/action/route53.ts';
import { createSoarWebhookExecutor } from '../8-sink/action/soar-webhook.ts';
import { succeeded } from '../contract/outcome.ts';
import { canonicalName } from '../leaf/domain-name.ts';
import { secretHider } from '../leaf/hidden-secrets.ts';
import type { ActionConfig } from './config-actions.ts';
import { secretsOf } from './known-secrets.ts';

/** What executors use from outside. */
export interface ActionPlaces {
  readonly client: OutgoingClient;
  readonly around: Pick<Surroundings, 'nowMs'>;
}

function withoutSlash(url: string | undefined, usual: string): string {
  return (url ?? usual).replace(/\/+$/, '');
}

function executorOf(action: ActionConfig, http: ActionHttp, nowMs: () => number): Executor {
  const { id } = action;
  switch (action.kind) {
    case 'rfc2136': {
      const { key_name, key_algorithm, key_secret, server, port, timeout_ms, ttl } = action;
      const keyName = canonicalName(key_name) ?? key_name;
      const secret = Buffer.from(key_secret.reveal(), 'base64');
      const place = {
        address: server,
        port,
        keyName,
        algorithm: key_algorithm,
        secret,
        timeoutMs: timeout_ms,
      };
      return createDnsUpdateExecutor({ id, server: place, ttl, nowMs });
    }
    case 'dnsimple': {
      const url = withoutSlash(action.url, 'https://api.dnsimple.com');
      const { account, ttl } = action;
      return createDnsimpleExecutor({ id, account, token: action.token.reveal(), url, ttl, http });
    }
    case 'cloudflare': {
      const url = withoutSlash(action.url, 'https://api.cloudflare.com/client/v4');
      const account = action.account === undefined ? {} : { account: action.account };
      return createCloudflareExecutor({
        id,
        ...account,
        token: action.token.reveal(),
        url,
        ttl: action.ttl,
        http,
      });
    }
    case 'route53':
      return createRoute53Executor({
        id,
        credentials: {
          accessKeyId: action.access_key_id.reveal(),
          secretAccessKey: action.secret_access_key.reveal(),
          ...(action.session_token === undefined ? {} : { sessionToken: action.session_token.reveal() }),
        },
        url: withoutSlash(action.url, 'https://route53.amazonaws.com'),
        domainsUrl: withoutSlash(action.domains_url, 'https://route53domains.us-east-1.amazonaws.com'),
        ttl: action.ttl,
        http,
        nowMs,
      });
    case 'webhook':
      return createSoarWebhookExecutor({ id, url: action.url, secret: action.secret.reveal(), http, nowMs });
  }
}

/** Executors in configuration order. */
export function executorsOf(actions: readonly ActionConfig[], places: ActionPlaces): Executor[] {
  const http = actionHttp(places.client, secretHider(secretsOf(actions, {})));
  return actions.map((action) => executorOf(action, http, places.around.nowMs));
}

/** The guarded client as executors know it: no redirects, four megabytes, fifteen seconds; refusals that quote a secret do so without it. */
export function actionHttp(client: OutgoingClient, hide: (text: string) => string): ActionHttp {
  return async (request, signal) => {
    const limits = { redirectsMax: 0, answerBytesMax: 4 * 1024 * 1024, timeoutMs: 15_000 };
    const answer = await client({ ...request, ...limits }, signal);
    if (!answer.ok || (answer.value.status >= 200 && answer.value.status < 300)) return answer;
    const { status, body } = answer.value;
    return succeeded({ status, body: Buffer.from(hide(Buffer.from(body).toString('utf8'))) });
  };
}
