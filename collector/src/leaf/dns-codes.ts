/** Mnemonics of the IANA "Domain Name System (DNS) Parameters" registry, as of 2026-06, and their RFC 3597 generic forms. */

const typeRows: readonly (readonly [code: number, mnemonic: string])[] = [
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [10, 'NULL'],
  [11, 'WKS'],
  [12, 'PTR'],
  [13, 'HINFO'],
  [14, 'MINFO'],
  [15, 'MX'],
  [16, 'TXT'],
  [17, 'RP'],
  [18, 'AFSDB'],
  [24, 'SIG'],
  [25, 'KEY'],
  [28, 'AAAA'],
  [29, 'LOC'],
  [33, 'SRV'],
  [35, 'NAPTR'],
  [36, 'KX'],
  [37, 'CERT'],
  [39, 'DNAME'],
  [41, 'OPT'],
  [42, 'APL'],
  [43, 'DS'],
  [44, 'SSHFP'],
  [45, 'IPSECKEY'],
  [46, 'RRSIG'],
  [47, 'NSEC'],
  [48, 'DNSKEY'],
  [49, 'DHCID'],
  [50, 'NSEC3'],
  [51, 'NSEC3PARAM'],
  [52, 'TLSA'],
  [53, 'SMIMEA'],
  [55, 'HIP'],
  [59, 'CDS'],
  [60, 'CDNSKEY'],
  [61, 'OPENPGPKEY'],
  [62, 'CSYNC'],
  [63, 'ZONEMD'],
  [64, 'SVCB'],
  [65, 'HTTPS'],
  [66, 'DSYNC'],
  [99, 'SPF'],
  [104, 'NID'],
  [105, 'L32'],
  [106, 'L64'],
  [107, 'LP'],
  [108, 'EUI48'],
  [109, 'EUI64'],
  [249, 'TKEY'],
  [250, 'TSIG'],
  [251, 'IXFR'],
  [252, 'AXFR'],
  [255, 'ANY'],
  [256, 'URI'],
  [257, 'CAA'],
  [32769, 'DLV'],
];

const typeNames = new Map(typeRows);
const typeCodes = new Map(typeRows.map(([code, mnemonic]) => [mnemonic, code]));

/** Mnemonic of an RR type or QTYPE, `TYPE65280` for one without (RFC 3597 section 5). */
export function recordTypeName(code: number): string {
  return typeNames.get(code) ?? `TYPE${code}`;
}

/** Code of a mnemonic or of the `TYPE65280` form, any letter case. Undefined: not a type. */
export function recordTypeCode(name: string): number | undefined {
  const upper = name.toUpperCase();
  const known = typeCodes.get(upper);
  if (known !== undefined) return known;
  if (!/^TYPE\d{1,5}$/.test(upper)) return undefined;
  const code = Number(upper.slice(4));
  return code <= 65_535 ? code : undefined;
}

const classNames: Readonly<Record<number, string>> = { 1: 'IN', 3: 'CH', 4: 'HS', 254: 'NONE', 255: 'ANY' };

/** Mnemonic of a class, `CLASS32` for one without (RFC 3597 section 5). */
export function recordClassName(code: number): string {
  return classNames[code] ?? `CLASS${code}`;
}

const opcodeNames = ['QUERY', 'IQUERY', 'STATUS', 'OPCODE3', 'NOTIFY', 'UPDATE', 'DSO'] as const;

/** Mnemonic of an opcode, `OPCODE9` for one without. */
export function opcodeName(code: number): string {
  return opcodeNames[code] ?? `OPCODE${code}`;
}

const rcodeRows: readonly (readonly [code: number, mnemonic: string])[] = [
  [0, 'NOERROR'],
  [1, 'FORMERR'],
  [2, 'SERVFAIL'],
  [3, 'NXDOMAIN'],
  [4, 'NOTIMP'],
  [5, 'REFUSED'],
  [6, 'YXDOMAIN'],
  [7, 'YXRRSET'],
  [8, 'NXRRSET'],
  [9, 'NOTAUTH'],
  [10, 'NOTZONE'],
  [11, 'DSOTYPENI'],
  [16, 'BADVERS'],
  [17, 'BADKEY'],
  [18, 'BADTIME'],
  [19, 'BADMODE'],
  [20, 'BADNAME'],
  [21, 'BADALG'],
  [22, 'BADTRUNC'],
  [23, 'BADCOOKIE'],
];
const rcodeNames = new Map(rcodeRows);

/** Mnemonic of a response code with its extended bits, `RCODE3841` for one without. */
export function rcodeName(code: number): string {
  return rcodeNames.get(code) ?? `RCODE${code}`;
}
