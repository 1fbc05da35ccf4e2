/** What one would write in twenty lines: node script.ts INPUT OUTPUT. */
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

interface Webhook {
  name: string;
  request_identifier: string;
  data: { zone_record: { zone_id: string; name: string; content: string } };
}

const [input = '', output = ''] = process.argv.slice(2);
const out = createWriteStream(output);
for await (const line of createInterface({ input: createReadStream(input) })) {
  const webhook = JSON.parse(line) as Webhook;
  if (webhook.name !== 'zone_record.update') continue;
  const { zone_id: zone, name, content } = webhook.data.zone_record;
  out.write(`${zone}\t${name}.${zone}\t${content}\t${webhook.request_identifier}\n`);
}
out.end();
