/** What the codes and method names of a Microsoft sign-in mean, in Entra and in the Microsoft 365 audit alike. */

/** Result codes of a sign-in that ask for one more step; nobody was refused yet. */
const stepUpCodes: ReadonlySet<number> = new Set([50072, 50074, 50076, 50079, 50158]);
/** Codes of interrupts that are no failure of credentials: silent renewal, consent page, stay-signed-in page. */
const interruptCodes: ReadonlySet<number> = new Set([
  16000, 50058, 50097, 50125, 50127, 50129, 50140, 50199, 50203, 65001,
]);
/** Codes of access refused by policy after the credentials were right. */
const deniedCodes: ReadonlySet<number> = new Set([
  50005, 50105, 50131, 53000, 53001, 53002, 53003, 53004, 53009, 530003, 530021, 530031, 530032, 530034,
]);

/** Type and outcome of one fact of a sign-in. */
export interface SignInFact {
  readonly type: string;
  readonly outcome: 'success' | 'failure' | 'attempt';
}

/**
 * Facts of a sign-in by its error code (learn.microsoft.com/entra/identity-platform/reference-error-codes). 500121 is two:
 * the second factor was not given, and with it the sign-in failed.
 */
export function signInFacts(code: number): readonly SignInFact[] {
  if (code === 0) return [{ type: 'identity.session.login_succeeded', outcome: 'success' }];
  if (stepUpCodes.has(code)) return [{ type: 'identity.session.mfa_challenged', outcome: 'attempt' }];
  if (interruptCodes.has(code)) return [{ type: 'identity.session.login_failed', outcome: 'attempt' }];
  if (deniedCodes.has(code)) return [{ type: 'identity.session.access_denied', outcome: 'failure' }];
  const failedLogin: SignInFact = { type: 'identity.session.login_failed', outcome: 'failure' };
  return code === 500121
    ? [failedLogin, { type: 'identity.session.mfa_challenged', outcome: 'failure' }]
    : [failedLogin];
}

/** Kind of factor a Microsoft authentication method name stands for; undefined for first factors and unknown names. */
export function microsoftFactorKind(method: string): 'push' | 'totp' | 'sms' | 'webauthn' | undefined {
  const name = method.toLowerCase();
  if (name.includes('notification')) return 'push';
  if (name.includes('verification code') || name.includes('oath')) return 'totp';
  if (name.includes('text message') || name.includes('phone') || name.includes('sms')) return 'sms';
  if (
    name.includes('fido') ||
    name.includes('passkey') ||
    name.includes('hello') ||
    name.includes('certificate')
  )
    return 'webauthn';
  return undefined;
}
