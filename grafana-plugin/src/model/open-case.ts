/** Which cases wait for somebody. Pure. */

/** True until a case is closed or has become part of another. */
export function isOpenCase({ state }: { readonly state: string }): boolean {
  return state !== 'closed' && state !== 'merged';
}
