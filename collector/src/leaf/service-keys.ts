/** Keys of SvcParams in the order of their numbers (RFC 9460 section 14.3.2, with those registered since). */
export const serviceKeys: readonly string[] = [
  'mandatory',
  'alpn',
  'no-default-alpn',
  'port',
  'ipv4hint',
  'ech',
  'ipv6hint',
  'dohpath',
  'ohttp',
];
