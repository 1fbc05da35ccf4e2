/** Names of certificate authorities, as certificates carry them and as people write them down. */

/** The subject of an issuer: common name and organisation. */
export interface IssuerNames {
  readonly issuer_cn?: string | undefined;
  readonly issuer_org?: string | undefined;
}

/**
 * True when `written` is this authority: its organisation or common name, or the beginning of one in whole words ("Example CA"
 * is also "Example CA R3"), in either case of letters.
 */
export function isIssuer({ issuer_cn: commonName, issuer_org: organisation }: IssuerNames, written: string) {
  const wanted = written.toLowerCase();
  return [commonName, organisation].some((name) => {
    const lower = name?.toLowerCase();
    return lower !== undefined && (lower === wanted || lower.startsWith(`${wanted} `));
  });
}
