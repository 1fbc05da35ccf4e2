/** Wrong configurations and the lines they must lead to, written by hand. */

/** One wrong file. `lines`: what is said, in order; `…` stands for any text. */
export interface WrongFile {
  readonly name: string;
  readonly text: string | Uint8Array;
  readonly lines: readonly string[];
}

/** Configurations, as `c.yaml`. */
export const wrongConfigurations: readonly WrongFile[] = [
  {
    name: 'a typing error in a key',
    text: 'version: 1\nsorces: []\n',
    lines: ['c.yaml:2: sorces: unknown key; did you mean "sources"?'],
  },
  {
    name: 'two at once',
    text: 'version: 1\nsorces: []\nretention: {log_days: 0}\n',
    lines: [
      'c.yaml:2: sorces: unknown key; did you mean "sources"?',
      'c.yaml:3: retention.log_days: must be at least 1, found 0',
    ],
  },
  {
    name: 'a list',
    text: '- a\n- b\n',
    lines: ['c.yaml:1: must be a mapping with keys such as "inventory" and "sources", found ["a","b"]'],
  },
  {
    name: 'one word',
    text: 'hello\n',
    lines: ['c.yaml:1: must be a mapping with keys such as "inventory" and "sources", found "hello"'],
  },
  {
    name: 'bytes of zero',
    text: '\u0000\u0000\u0000',
    lines: ['c.yaml:1: must be a mapping with keys such as …'],
  },
  {
    name: 'a key without value',
    text: 'version: 1\nsources:\n',
    lines: ['c.yaml:2: sources: must be a list, found null'],
  },
  {
    name: 'a map where a list belongs',
    text: 'version: 1\nsources: {id: a, feed: okta}\n',
    lines: ['c.yaml:2: sources: must be a list, found {"id":"a","feed":"okta"}'],
  },
  {
    name: 'text where a list belongs',
    text: 'version: 1\nsinks: prometheus\n',
    lines: ['c.yaml:2: sinks: must be a list, found "prometheus"'],
  },
  {
    name: 'text where an entry belongs',
    text: 'version: 1\nsources: [zonestream]\n',
    lines: ['c.yaml:2: sources[0]: must be a mapping, found "zonestream"'],
  },
  {
    name: 'a tab',
    text: 'version: 1\nsources:\n\t- id: a\n',
    lines: ['c.yaml:3: a tab stands in the indentation; use spaces'],
  },
  {
    name: 'a key twice',
    text: 'version: 1\nlisten: 127.0.0.1:1\nlisten: 127.0.0.1:2\n',
    lines: ['c.yaml:3: "listen" stands here again, first on line 2; keep one of them'],
  },
  {
    name: 'a key twice in JSON',
    text: '{"version": 1,\n"listen": "127.0.0.1:1",\n"listen": "127.0.0.1:2"}\n',
    lines: ['c.yaml:3: "listen" stands here again, first on line 2; keep one of them'],
  },
  {
    name: 'aliases that multiply',
    text: 'a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n',
    lines: ['c.yaml: its aliases (*name) repeat each other too often; write the values out'],
  },
  {
    name: 'an alias without anchor',
    text: 'version: 1\nsources: *a\n',
    lines: ['c.yaml: cannot be used: Unresolved alias …: a'],
  },
  {
    name: 'a byte order mark before a typing error',
    text: '\ufeffversion: 1\nsorces: []\n',
    lines: ['c.yaml:2: sorces: unknown key; did you mean "sources"?'],
  },
  {
    name: 'line ends of Windows',
    text: 'version: 1\r\nsorces: []\r\n',
    lines: ['c.yaml:2: sorces: unknown key; did you mean "sources"?'],
  },
  {
    name: 'two documents',
    text: 'version: 1\n---\nversion: 1\n',
    lines: ['c.yaml:2: a second document begins here ("---"); one file holds one document'],
  },
  {
    name: 'brackets that stay open',
    text: 'version: 1\nsources: [{id: a\n',
    lines: ['c.yaml:3: Flow map …', 'c.yaml:3: Flow sequence …'],
  },
  {
    name: 'nesting without end',
    text: 'version: 1\nsources: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n',
    lines: ['c.yaml: is nested deeper than 32 levels'],
  },
  {
    name: 'a name that reaches into prototypes',
    text: 'version: 1\n__proto__: {a: 1}\n',
    lines: ['c.yaml:2: __proto__: unknown key; known keys: version, listen, data, …'],
  },
  {
    name: 'control characters in a key',
    text: 'version: 1\n"so\\u001b[31mrces": 1\n',
    lines: ['c.yaml:2: ["so\\u001b[31mrces"]: unknown key; known keys: version, listen, data, …'],
  },
  {
    name: 'an unknown feed',
    text: 'version: 1\nsources: [{id: a, feed: oktaa}]\n',
    lines: ['c.yaml:2: sources[0].feed: must be one of … found "oktaa"; did you mean "okta"?'],
  },
  {
    name: 'an unknown way',
    text: 'version: 1\nsources: [{id: a, feed: zonestream, via: websockets}]\n',
    lines: ['c.yaml:2: sources[0].via: must be one of … did you mean "websocket"?'],
  },
  {
    name: 'a way the feed has not',
    text: 'version: 1\nsources: [{id: a, feed: dnsimple, via: api}]\n',
    lines: ['c.yaml:2: sources[0].via: dnsimple has no API that is asked; these have: okta, …'],
  },
  {
    name: 'two sources of one name',
    text: 'version: 1\nsources:\n  - {id: a, feed: zonestream}\n  - {id: a, feed: zonestream}\n',
    lines: ['c.yaml:4: sources[1].id: "a" is already the id of sources[0]'],
  },
  {
    name: 'a source without a name',
    text: 'version: 1\nsources: [{feed: zonestream}]\n',
    lines: ['c.yaml:2: sources[0].id: is required and missing'],
  },
  {
    name: 'a name with blanks',
    text: 'version: 1\nsources: [{id: "a b/c", feed: zonestream}]\n',
    lines: ['c.yaml:2: sources[0].id: must be an identifier of lower-case letters, …, found "a b/c"'],
  },
  {
    name: 'no tenant',
    text: 'version: 1\nsources: [{id: a, feed: dnsimple, path_secret: {env: SET}}]\n',
    lines: [
      'c.yaml:2: sources[0].tenant: is required: only zonestream, certstream, ct are shared by all tenants',
    ],
  },
  {
    name: 'an unknown sink',
    text: 'version: 1\nsinks: [{id: o, kind: otpl}]\n',
    lines: ['c.yaml:2: sinks[0].kind: must be one of otlp, … found "otpl"; did you mean "otlp"?'],
  },
  {
    name: 'a sink of no kind',
    text: 'version: 1\nsinks: [{id: o}]\n',
    lines: ['c.yaml:2: sinks[0].kind: is required: otlp, prometheus, …'],
  },
  {
    name: 'an address without port',
    text: 'version: 1\nlisten: localhost\n',
    lines: ['c.yaml:2: listen: must be host:port, for example 127.0.0.1:8470 …, found "localhost"'],
  },
  {
    name: 'a port that is none',
    text: 'version: 1\nlisten: 127.0.0.1:99999\n',
    lines: ['c.yaml:2: listen: port 99999 is above 65535'],
  },
  {
    name: 'a port in words',
    text: 'version: 1\nlisten: 127.0.0.1:http\n',
    lines: ['c.yaml:2: listen: must be host:port, …, found "127.0.0.1:http"'],
  },
  {
    name: 'a secret that is not set',
    text: 'version: 1\nsources: [{id: a, feed: dnsimple, tenant: acme, path_secret: {env: NOT_THERE}}]\n',
    lines: ['c.yaml:2: sources[0].path_secret: environment variable NOT_THERE is not set'],
  },
  {
    name: 'a secret that is empty',
    text: 'version: 1\nsources: [{id: a, feed: dnsimple, tenant: acme, path_secret: {env: EMPTY}}]\n',
    lines: ['c.yaml:2: sources[0].path_secret: environment variable EMPTY is empty'],
  },
  {
    name: 'a secret file that is not there',
    text: 'version: 1\nsources: [{id: a, feed: okta, via: api, tenant: acme, url: "https://a.example", token: {file: nope}}]\n',
    lines: ['c.yaml:2: sources[0].token: secret file nope cannot be read (ENOENT)'],
  },
  {
    name: 'a secret in the file itself',
    text: 'version: 1\nsources: [{id: a, feed: okta, via: api, tenant: acme, url: "https://a.example", token: hunter2hunter2}]\n',
    lines: [
      'c.yaml:2: sources[0].token: must be {file: PATH} or {env: NAME}; secrets are not written into this file',
    ],
  },
  {
    name: 'a signature without its key',
    text: 'version: 1\nsources: [{id: a, feed: dnsimple, tenant: acme, signature: {scheme: hmac, header: x-s}}]\n',
    lines: ['c.yaml:2: sources[0].signature.secret: is required for hmac: {file: PATH} or {env: NAME}'],
  },
  {
    name: 'a URL without scheme',
    text: 'version: 1\nsources: [{id: a, feed: okta, via: api, tenant: acme, url: acme.okta.com, token: {env: SET}}]\n',
    lines: [
      'c.yaml:2: sources[0].url: must be a URL starting with https:// or http://, found "acme.okta.com"',
    ],
  },
  {
    name: 'a URL without TLS',
    text: 'version: 1\nsources: [{id: a, feed: okta, via: api, tenant: acme, url: "http://acme.okta.com", token: {env: SET}}]\n',
    lines: [
      'c.yaml:2: sources[0].url: speaks without TLS; list "acme.okta.com" under outgoing.allow_plain_http if that is meant',
    ],
  },
  {
    name: 'a source at an address of the own network',
    text: 'version: 1\nsources: [{id: a, feed: certstream, url: "wss://10.0.0.1/"}]\n',
    lines: [
      'c.yaml:2: sources[0].url: address 10.0.0.1 is not public; list its network under outgoing.allow_networks if it is meant',
    ],
  },
  {
    name: 'a network that is none, and an address to hold against it',
    text: 'version: 1\noutgoing: {allow_networks: [10.0.0.0/33]}\nsources: [{id: a, feed: certstream, url: "wss://10.0.0.1/"}]\n',
    lines: [
      'c.yaml:2: outgoing.allow_networks[0]: must be a network such as 10.0.0.0/8, found "10.0.0.0/33"',
      'c.yaml:3: sources[0].url: address 10.0.0.1 is not public; list its network under outgoing.allow_networks if it is meant',
    ],
  },
  {
    name: 'a URL of another kind',
    text: 'version: 1\nsinks: [{id: o, kind: otlp, endpoint: "ftp://x.example"}]\n',
    lines: [
      'c.yaml:2: sinks[0].endpoint: must be a URL starting with https:// or http://, found "ftp://x.example"',
    ],
  },
  {
    name: 'credentials in a URL',
    text: 'version: 1\nsinks: [{id: o, kind: otlp, endpoint: "https://u:p@x.example"}]\n',
    lines: ['c.yaml:2: sinks[0].endpoint: holds credentials; put them into headers as {file: …} or {env: …}'],
  },
  {
    name: 'a credential in a header',
    text: 'version: 1\nsinks: [{id: o, kind: otlp, endpoint: "https://x.example", headers: {Authorization: Bearer abc}}]\n',
    lines: [
      'c.yaml:2: sinks[0].headers.Authorization: looks like a credential; give it as {file: PATH} or {env: NAME}',
    ],
  },
  {
    name: 'another version',
    text: 'version: 2\n',
    lines: ['c.yaml:1: version: must be 1, found 2'],
  },
  {
    name: 'a duration with a unit',
    text: 'version: 1\nretention: {log_days: 3d}\n',
    lines: ['c.yaml:2: retention.log_days: must be a whole number, found "3d"'],
  },
  {
    name: 'a duration below zero',
    text: 'version: 1\nretention: {log_days: -1}\n',
    lines: ['c.yaml:2: retention.log_days: must be at least 1, found -1'],
  },
  {
    name: 'a duration beyond sense',
    text: 'version: 1\nsources: [{id: a, feed: zonestream, ping_interval_s: 100000}]\n',
    lines: ['c.yaml:2: sources[0].ping_interval_s: must be at most 300, found 100000'],
  },
  {
    name: 'half a second',
    text: 'version: 1\nsources: [{id: a, feed: zonestream, ping_interval_s: 1.5}]\n',
    lines: ['c.yaml:2: sources[0].ping_interval_s: must be a whole number, found 1.5'],
  },
  {
    name: 'yes for true',
    text: 'version: 1\nsources: [{id: a, feed: okta, via: webhook, tenant: acme, accept_compressed: yes, path_secret: {env: SET}}]\n',
    lines: ['c.yaml:2: sources[0].accept_compressed: must be true or false, found "yes"'],
  },
  {
    name: 'a network that is none',
    text: 'version: 1\noutgoing: {allow_networks: [10.0.0.0/99, example.com]}\n',
    lines: [
      'c.yaml:2: outgoing.allow_networks[0]: must be a network such as 10.0.0.0/8, found "10.0.0.0/99"',
      'c.yaml:2: outgoing.allow_networks[1]: must be a network such as 10.0.0.0/8, found "example.com"',
    ],
  },
  {
    name: 'an inventory that is not there',
    text: 'version: 1\ninventory: nowhere.yaml\n',
    lines: ['nowhere.yaml: does not exist; check the path'],
  },
  {
    name: 'an inventory that is a folder',
    text: 'version: 1\ninventory: folder\n',
    lines: ['folder: is a directory, not a file'],
  },
  {
    name: 'rules that are not there',
    text: 'version: 1\nrules: [nowhere]\n',
    lines: ['nowhere: does not exist; check the path'],
  },
  {
    name: 'a TLS file that is not there',
    text: 'version: 1\nsources: [{id: a, feed: zonestream, tls: {ca: nope.pem}}]\n',
    lines: ['c.yaml:2: sources[0].tls.ca: nope.pem does not exist; check the path'],
  },
  {
    name: 'a TLS file that is none',
    text: 'version: 1\nsources: [{id: a, feed: zonestream, tls: {ca: garbage.pem}}]\n',
    lines: [
      'c.yaml:2: sources[0].tls.ca: garbage.pem holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)',
    ],
  },
  {
    name: 'a client certificate without key',
    text: 'version: 1\nsinks: [{id: o, kind: otlp, endpoint: "https://x.example", tls: {cert: garbage.pem}}]\n',
    lines: [
      'c.yaml:2: sinks[0].tls.cert: garbage.pem holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)',
      'c.yaml:2: sinks[0].tls.key: is required with cert: a client certificate is both',
    ],
  },
  {
    name: 'a key that is none',
    text: 'version: 1\nsinks: [{id: o, kind: otlp, endpoint: "https://x.example", tls: {cert: folder, key: {file: garbage.pem}}}]\n',
    lines: [
      'c.yaml:2: sinks[0].tls.cert: folder is a directory, not a PEM file',
      'c.yaml:2: sinks[0].tls.key: is no private key in PEM form without a passphrase',
    ],
  },
  {
    name: 'UTF-16',
    text: Buffer.from('\ufeffversion: 1\n', 'utf16le'),
    lines: ['c.yaml: is not UTF-8 text; save it as UTF-8'],
  },
  {
    name: 'Latin-1',
    text: Buffer.from('version: 1 # \u00e9\u00e8\n', 'latin1'),
    lines: ['c.yaml: is not UTF-8 text; save it as UTF-8'],
  },
  {
    name: 'a sink at the address of a metadata service',
    text: 'version: 1\nsinks: [{id: o, kind: otlp, endpoint: "http://169.254.169.254:4318"}, {id: w, kind: webhook, url: "https://[fe80::1]/"}]\n',
    lines: [
      "c.yaml:2: sinks[0].endpoint: 169.254.169.254 is an address of this host's link, a metadata service or reserved; list its network under outgoing.allow_networks if it is meant",
      "c.yaml:2: sinks[1].url: fe80::1 is an address of this host's link, a metadata service or reserved; list its network under outgoing.allow_networks if it is meant",
    ],
  },
];
