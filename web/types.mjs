// Renews what is generated from openapi.json: the types of every operation, and the list of those there are.
// `npm run types`; tests/types.test.ts says when they are stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';

const METHODS = ['get', 'put', 'post', 'patch', 'delete'];
const here = import.meta.dirname;

// What the document calls an object has its own description: the model's JSON Schema (document.ts), and the
// figures and statements that crates/workspace writes (figures.ts).
const OBJECTS = [
  [/(ImportBody\/source_document|(SourceBody|WriteSource)\/document|DocumentBody_?\d*\/source|ProposedSource\/source)$/, 'SourceDocument', './document'],
  [/(SegmentPreviewBody|KpiMeasure)\/where$/, 'Condition', './document'],
  [/\/(content|before|after)$/, 'Free', './document'],
  [/ImportDetail.*\/reconciliation$/, 'Reconciliation', './figures'],
  [/ImportDetail.*\/quality$/, 'Quality', './figures'],
  [/ModelPreview\/statement$/, 'Statement', './figures'],
  [/\/document$/, 'ModelDocument', './document'],
  [/^#\/paths\/~1summary\/get\/responses\/200\//, 'Summary', './figures'],
  [/^#\/paths\/~1customers~1\{customer\}~1statement\/get\/responses\/200\//, 'Explanation', './figures'],
];

export async function generated() {
  const document = JSON.parse(readFileSync(join(here, 'openapi.json'), 'utf8'));
  const operations = Object.entries(document.paths).flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => ({ name: `${method} ${path}`, item: item[method] })));
  // Operations stand under their paths; names of their own would only have to be unique.
  for (const { item } of operations) delete item.operationId;
  const head = '// Generated from openapi.json by `npm run types`. Not edited by hand.\n';
  const imports = `${OBJECTS.filter(([, name], at) => OBJECTS.findIndex(([, own]) => own === name) === at).map(([, name, from]) => `import type { ${name} } from '${from}';`).join('\n')}\n\n`;
  const tree = await openapiTS(document, {
    transform(schema, { path }) {
      const kinds = [schema.type].flat();
      const [, name] = (kinds.includes('object') && !schema.properties && OBJECTS.find(([where]) => where.test(path ?? ''))) || [];
      if (!name) return undefined;
      const type = ts.factory.createTypeReferenceNode(name);
      return kinds.includes('null') ? ts.factory.createUnionTypeNode([type, ts.factory.createLiteralTypeNode(ts.factory.createNull())]) : type;
    },
  });
  return {
    'src/shared/api/schema.d.ts': head + imports + astToString(tree),
    'src/shared/api/operations.ts': `${head}export const operations: ReadonlySet<string> = new Set([\n${operations.map(({ name }) => name).sort().map((name) => `  '${name}',\n`).join('')}]);\n`,
  };
}

if (process.argv[1] === import.meta.filename) {
  for (const [name, text] of Object.entries(await generated())) writeFileSync(join(here, name), text);
}
