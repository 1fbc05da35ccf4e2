/**
 * How to connect where the `OTEL_EXPORTER_OTLP_*` variables point to. The environment is the operator's, as the configuration
 * is, and the same holds for both: private addresses are meant, metadata services and the own link are not unless
 * `outgoing.allow_networks` has them.
 */
import { readFileSync } from 'node:fs';
import { sinkAddressRefusal, sinkLookup } from '../1-source/address-policy.ts';
import { otlpVariable, type OtlpSignal } from '../8-sink/otlp-environment.ts';
import { UnusableInput } from './unusable-input.ts';

type Environment = Readonly<Record<string, string | undefined>>;

function fileOf(env: Environment, signal: OtlpSignal, what: Parameters<typeof otlpVariable>[2]) {
  const variable = otlpVariable(env, signal, what);
  if (variable === undefined) return undefined;
  try {
    return readFileSync(variable.value, 'utf8');
  } catch (error) {
    const code = (error as { code?: string }).code ?? 'unknown error';
    throw new UnusableInput([`${variable.name}: ${variable.value} cannot be read (${code})`]);
  }
}

/** Look-up and certificates for a signal. Throws UnusableInput for an address no sink is at and for files that cannot be read. */
export function environmentConnection(
  env: Environment,
  signal: OtlpSignal,
  allowNetworks: readonly string[],
) {
  const endpoint = otlpVariable(env, signal, 'ENDPOINT');
  const refusal = endpoint && sinkAddressRefusal(endpoint.value, allowNetworks);
  if (endpoint !== undefined && refusal !== undefined)
    throw new UnusableInput([`${endpoint.name}: ${refusal}`]);
  const [ca, cert, key] = (['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'] as const).map((what) =>
    fileOf(env, signal, what),
  );
  return {
    lookup: sinkLookup(allowNetworks),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
