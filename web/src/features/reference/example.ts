// A request that can be sent once its words in capitals are filled in.
import { shapeOf, valuesOf, type Document, type Entry, type Schema } from './document';

const KEY = 'gra_…';
const capitals = (name: string) => name.replace(/[^\w]+/g, '_').toUpperCase();
/** Within single quotes a shell takes everything as it stands, except that quote. */
const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The smallest value that the schema allows to be sent: what is required, and nothing that leads back to itself. */
export function sampleOf(document: Document, schema: Schema, seen: readonly string[] = []): unknown {
  const shape = shapeOf(document, schema);
  const { schema: own } = shape;
  if (own.example !== undefined) return own.example;
  if (own.default !== undefined && own.default !== null) return own.default;
  if (shape.name && seen.includes(shape.name)) return null;
  const below = shape.name ? [...seen, shape.name] : seen;
  const [value] = valuesOf(own);
  if (value !== undefined) return value;
  if (shape.kind === 'object') return Object.fromEntries(shape.fields.filter((one) => one.required).map((one) => [one.name, sampleOf(document, one.schema, below)]));
  if (shape.choices[0]) return sampleOf(document, shape.choices[0], below);
  if (shape.item) return (own.minItems ?? 0) > 0 ? [sampleOf(document, shape.item, below)] : [];
  if (shape.kind === 'integer' || shape.kind === 'number') return own.minimum ?? 0;
  if (shape.kind === 'boolean') return false;
  if (shape.kind !== 'string') return null;
  return own.format === 'date-time' ? '2026-01-31T00:00:00Z' : own.format === 'date' ? '2026-01-31' : 'TEXT';
}

export function curlOf(document: Document, { method, path, operation }: Entry, origin: string): string {
  const parameters = operation.parameters ?? [];
  const query = parameters.filter((one) => one.in === 'query' && one.required).map((one) => `${encodeURIComponent(one.name)}=${capitals(one.name)}`).join('&');
  const address = `${origin}${document.servers?.[0]?.url ?? ''}${path.replace(/\{([^}]+)\}/g, (_, name: string) => capitals(name))}${query && `?${query}`}`;
  const parts = [`curl${method === 'get' ? '' : ` -X ${method.toUpperCase()}`} ${quoted(address)}`];
  if (operation['x-permission'] !== 'nobody') parts.push(`-H ${quoted(`Authorization: Bearer ${KEY}`)}`);
  const needsRevision = operation.responses?.['428'] !== undefined;
  for (const one of parameters.filter((one) => one.in === 'header' && (one.required || (needsRevision && one.name.toLowerCase() === 'if-match')))) {
    parts.push(`-H ${quoted(one.name.toLowerCase() === 'if-match' ? 'If-Match: "ETAG"' : `${one.name}: ${capitals(one.name)}`)}`);
  }
  const [kind, body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (kind && body) {
    parts.push(`-H ${quoted(`Content-Type: ${kind}`)}`);
    parts.push(kind.endsWith('json') ? `-d ${quoted(JSON.stringify(body.schema ? sampleOf(document, body.schema) : {}, null, 2))}` : '--data-binary @FILE');
  }
  const good = Object.entries(operation.responses ?? {}).filter(([status]) => status.startsWith('2')).flatMap(([, answer]) => Object.keys(answer.content ?? {}));
  if (good.includes('text/event-stream')) parts.push('-N');
  else if (good.length > 0 && !good.some((one) => one.endsWith('json') || one.startsWith('text/'))) parts.push('-o FILE');
  return parts.join(' \\\n  ');
}
