// The API's document as this screen reads it: operations in order, schemas step by step. Whatever refers to itself is
// followed only as far as somebody looks.
export interface Schema {
  $ref?: string; type?: string | string[]; format?: string; description?: string; enum?: unknown[]; const?: unknown; default?: unknown; example?: unknown;
  properties?: Record<string, Schema>; required?: string[]; additionalProperties?: boolean | Schema; propertyNames?: Schema; items?: Schema;
  oneOf?: Schema[]; anyOf?: Schema[]; allOf?: Schema[];
  minimum?: number; maximum?: number; exclusiveMinimum?: number; exclusiveMaximum?: number; multipleOf?: number;
  minLength?: number; maxLength?: number; minItems?: number; maxItems?: number; pattern?: string;
}
export interface Parameter { name: string; in: string; required?: boolean; description?: string; schema?: Schema }
type Content = Record<string, { schema?: Schema }>;
export interface Answer { description?: string; headers?: Record<string, { description?: string; schema?: Schema }>; content?: Content }
export interface Operation {
  operationId?: string; tags?: string[]; summary?: string; description?: string; deprecated?: boolean; parameters?: Parameter[];
  requestBody?: { description?: string; required?: boolean; content?: Content }; responses?: Record<string, Answer>; 'x-permission'?: string;
}
export interface Document {
  openapi: string; info: { title: string; version: string; description?: string }; servers?: { url: string }[];
  paths: Record<string, Record<string, unknown>>; components?: { schemas?: Record<string, Schema> };
}

/** One operation with its place: what it is linked by, and the group that it stands in. */
export interface Entry { id: string; method: string; path: string; tag: string; operation: Operation }

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

export function entriesOf(document: Document): Entry[] {
  return Object.entries(document.paths).flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => {
    const own = item[method] as Operation;
    const shared = (item.parameters as Parameter[] | undefined) ?? [];
    const operation = { ...own, parameters: [...shared, ...(own.parameters ?? [])] };
    // Names of operations need not be unique; method and path are.
    return { id: `${method}${path.replace(/[^\w]+/g, '-').replace(/-$/, '')}`, method, path, tag: own.tags?.[0] ?? path.split('/')[1] ?? '', operation };
  }));
}

/** Groups in the order of the alphabet, and within them by path. */
export function grouped(entries: Entry[]): [tag: string, entries: Entry[]][] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) groups.set(entry.tag, [...(groups.get(entry.tag) ?? []), entry]);
  return [...groups].sort(([a], [b]) => a.localeCompare(b));
}

/** Every word that was typed is in what the operation is called, where it is, or what it needs. */
export function fits(entry: Entry, typed: string, permission = ''): boolean {
  const { summary = '', operationId = '', 'x-permission': right = '' } = entry.operation;
  const all = `${entry.method} ${entry.path} ${entry.tag} ${summary} ${operationId} ${right} ${permission}`.toLowerCase();
  return typed.toLowerCase().split(/\s+/).every((word) => all.includes(word));
}

/** What one schema is, one step deep. */
export interface Shape {
  /** `object`, `array`, `string`, …; `one` of several, `any` where nothing is said. */
  kind: string;
  /** The name under which the document keeps it. */
  name?: string;
  schema: Schema;
  nullable: boolean;
  fields: { name: string; schema: Schema; required: boolean }[];
  /** Under any other name there may be this. */
  rest?: Schema;
  item?: Schema;
  choices: Schema[];
}

const isNull = (schema: Schema) => schema.type === 'null';

export function shapeOf(document: Document, from: Schema, seen: readonly string[] = []): Shape {
  if (from.$ref) {
    const name = from.$ref.split('/').pop()!;
    const found = document.components?.schemas?.[name];
    // A name that leads to itself, or nowhere, says nothing more than its name.
    if (!found || seen.includes(name)) return { kind: 'any', name, schema: from, nullable: false, fields: [], choices: [] };
    const shape = shapeOf(document, found, [...seen, name]);
    return { ...shape, name, schema: { ...shape.schema, description: from.description ?? shape.schema.description } };
  }
  const choices = from.oneOf ?? from.anyOf;
  if (choices) {
    const real = choices.filter((one) => !isNull(one));
    const nullable = real.length < choices.length;
    if (real.length === 1) {
      const shape = shapeOf(document, real[0]!, seen);
      return { ...shape, nullable: nullable || shape.nullable, schema: { ...shape.schema, description: from.description ?? shape.schema.description } };
    }
    return { kind: 'one', schema: from, nullable, fields: [], choices: real };
  }
  if (from.allOf) {
    const parts = [...from.allOf, { ...from, allOf: undefined }].map((one) => shapeOf(document, one, seen));
    const solid = parts.find((one) => one.kind !== 'any') ?? parts[0]!;
    return { ...solid, name: from.allOf.length === 1 ? solid.name : undefined, schema: { ...solid.schema, description: from.description ?? solid.schema.description }, fields: parts.flatMap((one) => one.fields), rest: parts.find((one) => one.rest)?.rest, choices: parts.flatMap((one) => one.choices) };
  }
  const kinds = [from.type ?? []].flat();
  const real = kinds.filter((one) => one !== 'null');
  const kind = real.length > 1 ? real.join(' | ') : (real[0] ?? (from.properties ? 'object' : from.items ? 'array' : 'any'));
  const required = new Set(from.required);
  return {
    kind,
    schema: from,
    nullable: real.length < kinds.length,
    fields: Object.entries(from.properties ?? {}).map(([name, schema]) => ({ name, schema, required: required.has(name) })),
    rest: typeof from.additionalProperties === 'object' ? from.additionalProperties : undefined,
    item: from.items,
    choices: [],
  };
}

/** `array of Job`, `string (date-time)`: as programmers read it, in any language. */
export function typeOf(document: Document, schema: Schema): string {
  const shape = shapeOf(document, schema);
  // Many names deep one would be reading the tree that stands below.
  const inner = (one: Schema) => (one.$ref ? one.$ref.split('/').pop()! : shapeOf(document, one).kind);
  const text = shape.item ? `array<${inner(shape.item)}>`
    : shape.name && (shape.kind === 'object' || shape.kind === 'one' || shape.kind === 'any') ? shape.name
    : shape.rest && shape.fields.length === 0 ? `map<string, ${inner(shape.rest)}>`
    : shape.kind === 'one' ? shape.choices.map(inner).join(' | ') : shape.kind;
  return `${text}${shape.schema.format ? ` (${shape.schema.format})` : ''}${shape.nullable ? ' | null' : ''}`;
}

/** What a value must keep to, in signs that need no language. */
export function limitsOf(schema: Schema): string[] {
  const span = (least: number | undefined, most: number | undefined) => (least !== undefined && most !== undefined ? `${least} … ${most}` : least !== undefined ? `≥ ${least}` : most !== undefined ? `≤ ${most}` : null);
  const sized = (word: string, text: string | null) => text && `${word} ${text}`;
  return [
    span(schema.minimum, schema.maximum),
    schema.exclusiveMinimum === undefined ? null : `> ${schema.exclusiveMinimum}`,
    schema.exclusiveMaximum === undefined ? null : `< ${schema.exclusiveMaximum}`,
    schema.multipleOf === undefined ? null : `× ${schema.multipleOf}`,
    sized('length', span(schema.minLength, schema.maxLength)),
    sized('items', span(schema.minItems, schema.maxItems)),
    schema.pattern === undefined ? null : `/${schema.pattern}/`,
    schema.default === undefined ? null : `= ${JSON.stringify(schema.default)}`,
  ].filter((one) => one !== null);
}

/** The values of an enumeration; one constant is an enumeration of one. */
export function valuesOf(schema: Schema): unknown[] {
  return schema.enum ?? (schema.const === undefined ? [] : [schema.const]);
}
