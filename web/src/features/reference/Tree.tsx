import { CaretDownOutlined, CaretRightOutlined } from '@ant-design/icons';
import { useId, useState, type ReactNode } from 'react';
import { limitsOf, shapeOf, typeOf, valuesOf, type Document, type Schema } from './document';
import { useReferenceWords } from './words';

/** What the document says in its own language. */
export function English({ text }: { text: string | undefined }) {
  if (!text) return null;
  return <span lang="en">{text.split('`').map((part, at) => (at % 2 ? <code key={at}>{part}</code> : part))}</span>;
}

/** Type, values and limits of one value in a line. */
export function Kind({ document, schema }: { document: Document; schema: Schema }) {
  const say = useReferenceWords();
  const shape = shapeOf(document, schema);
  const values = valuesOf(shape.schema);
  return (
    <>
      <code className="schema-type">{typeOf(document, schema)}</code>
      {values.length > 0 && <span className="schema-values"><span className="faint small">{say('values')}</span> {values.map((one) => <code key={String(one)}>{JSON.stringify(one)}</code>)}</span>}
      {limitsOf(shape.schema).map((one) => <code key={one} className="faint">{one}</code>)}
    </>
  );
}

interface Inside { label: ReactNode; key: string; schema: Schema; required?: boolean }

/** What stands below a value, if anything does; nothing is followed further than that. */
function insideOf(document: Document, schema: Schema, say: ReturnType<typeof useReferenceWords>): Inside[] {
  const shape = shapeOf(document, schema);
  return [
    ...shape.fields.map((one) => ({ label: <code className="schema-name">{one.name}</code>, key: `.${one.name}`, schema: one.schema, required: one.required })),
    ...(shape.rest ? [{ label: <i className="faint">{say('others')}</i>, key: '*', schema: shape.rest }] : []),
    ...(shape.item ? itemsOf(document, shape.item, say) : []),
    ...shape.choices.map((one, at) => ({ label: <span className="faint small">{at + 1}.</span>, key: `|${at}`, schema: one })),
  ];
}

/** What a list holds is read as the list itself, without a step between; plain values are said by its type already. */
function itemsOf(document: Document, item: Schema, say: ReturnType<typeof useReferenceWords>): Inside[] {
  const shape = shapeOf(document, item);
  if (shape.item || valuesOf(shape.schema).length > 0) return [{ label: <i className="faint">{say('items')}</i>, key: '[]', schema: item }];
  return insideOf(document, item, say);
}

/** A schema as a tree: the first step is open, each further one when somebody asks for it. */
export function Tree({ document, schema }: { document: Document; schema: Schema }) {
  const say = useReferenceWords();
  const inside = insideOf(document, schema, say);
  const shape = shapeOf(document, schema);
  return (
    <div className="schema">
      <div className="schema-line"><Kind document={document} schema={schema} /> <English text={shape.schema.description} /></div>
      {inside.length > 0 ? <Branch document={document} inside={inside} above={namesOf(document, schema)} /> : (shape.kind === 'object' || shape.kind === 'any') && <p className="faint small">{say(shape.kind === 'object' ? 'empty' : 'anything')}</p>}
    </div>
  );
}

/** The names that stand open with a value: its own, and that of what it lists. */
function namesOf(document: Document, schema: Schema): string[] {
  const shape = shapeOf(document, schema);
  return [shape.name, shape.item && shapeOf(document, shape.item).name].filter((name) => name !== undefined);
}

function Branch({ document, inside, above }: { document: Document; inside: Inside[]; above: string[] }) {
  return <ul className="schema-branch">{inside.map(({ key, ...one }) => <Leaf key={key} document={document} above={above} {...one} />)}</ul>;
}

function Leaf({ document, label, schema, required, above }: Omit<Inside, 'key'> & { document: Document; above: string[] }) {
  const say = useReferenceWords();
  const id = useId();
  const shape = shapeOf(document, schema);
  const names = namesOf(document, schema);
  const again = names.some((name) => above.includes(name));
  const inside = again ? [] : insideOf(document, schema, say);
  const [isOpen, setOpen] = useState(false);
  return (
    <li>
      <div className="schema-line">
        {inside.length > 0 ? (
          <button type="button" className="schema-open" id={`${id}-name`} aria-expanded={isOpen} aria-controls={isOpen ? id : undefined} onClick={() => setOpen(!isOpen)}>
            <span aria-hidden>{isOpen ? <CaretDownOutlined /> : <CaretRightOutlined />}</span> {label}
          </button>
        ) : <span className="schema-leaf">{label}</span>}
        <Kind document={document} schema={schema} />
        {required !== undefined && (required ? <span className="warn small">{say('required')}</span> : <span className="faint small">{say('optional')}</span>)}
        {again && <span className="faint small">{say('again')}</span>}
        <English text={shape.schema.description} />
      </div>
      {isOpen && inside.length > 0 && <div id={id} role="group" aria-labelledby={`${id}-name`}><Branch document={document} inside={inside} above={[...above, ...names]} /></div>}
    </li>
  );
}
