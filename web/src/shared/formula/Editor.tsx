import { autocompletion, closeBrackets, completionKeymap, type Completion, type CompletionContext } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { StandardSQL } from '@codemirror/lang-sql';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import type { Lang } from '../api/contract';
import type { Catalogue } from '../catalogue';
import { textOf } from '../i18n/language';
import { useLang } from '../session';
import { nonce } from '../theme/nonce';
import type { FormulaProps } from './FormulaBox';

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--accent)' },
  { tag: tags.string, color: 'var(--ochre)' },
  { tag: tags.number, color: 'var(--good)' },
]);
const look = EditorView.theme({
  '&': { fontSize: '13px', color: 'var(--ink)' },
  '.cm-content': { fontFamily: 'ui-monospace, "Cascadia Mono", Consolas, "Noto Sans Mono CJK SC", monospace', padding: '4px 6px', caretColor: 'var(--ink)' },
  '.cm-line': { padding: 0 },
  '&.cm-focused': { outline: 'none' },
  '.cm-tooltip': { background: 'var(--card)', border: '1px solid var(--line)', color: 'var(--ink)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { background: 'var(--accent)', color: 'var(--card)' },
  '.cm-completionDetail': { fontStyle: 'normal', opacity: '0.7' },
  '.cm-placeholder': { color: 'var(--faint)' },
});

/** Names that can stand in a formula, with their titles. */
export function completions(scope: 'event' | 'customer', catalogue: Catalogue | undefined, lang: Lang): Completion[] {
  if (!catalogue) return [];
  const names = scope === 'event'
    ? catalogue.columns.map((one): Completion => ({ label: one.name, type: 'property', detail: [textOf(one.title, '', lang), one.type].filter(Boolean).join(' · ') }))
    : [...catalogue.indicators, ...catalogue.predictions, ...catalogue.scores, ...catalogue.rules].map((one): Completion => ({ label: one.name, type: 'variable', detail: textOf(one.title, '', lang) }));
  const functions = catalogue.functions.map((one): Completion => ({ label: one.name, type: 'function', detail: one.signature, info: one.title[lang], apply: `${one.name}(` }));
  const kinds = scope === 'event' ? catalogue.kinds.map((one): Completion => ({ label: `'${one.name}'`, type: 'text', detail: textOf(one.title, '', lang) })) : [];
  const words = ['and', 'or', 'not', 'in', 'is null', 'is not null', 'case when', 'then', 'else', 'end', 'between', 'like'].map((label): Completion => ({ label, type: 'keyword' }));
  return [...names, ...kinds, ...functions, ...words];
}

export default function Editor({ value, onChange, label, scope, catalogue, placeholder: hint, lines = 1 }: FormulaProps) {
  const lang = useLang();
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ onChange, options: [] as Completion[] });
  latest.current = { onChange, options: completions(scope, catalogue, lang) };
  const attributes = useRef(new Compartment());
  useEffect(() => {
    const complete = (context: CompletionContext) => {
      const word = context.matchBefore(/[\p{L}\p{N}_']+/u);
      if (!word && !context.explicit) return null;
      return { from: word?.from ?? context.pos, options: latest.current.options, validFor: /^[\p{L}\p{N}_']*$/u };
    };
    const own = new EditorView({
      parent: box.current!,
      state: EditorState.create({
        doc: value,
        extensions: [
          history(), closeBrackets(), StandardSQL.language, syntaxHighlighting(colours), look, EditorView.lineWrapping,
          autocompletion({ override: [complete], icons: false }),
          // Tab leaves the box, as it leaves every other field.
          keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
          attributes.current.of([]),
          nonce ? EditorView.cspNonce.of(nonce) : [],
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = own;
    return () => own.destroy();
  }, []); // eslint-disable-line
  useEffect(() => {
    view.current?.dispatch({ effects: attributes.current.reconfigure([
      EditorView.contentAttributes.of({ 'aria-label': label }), hint ? placeholder(hint) : [],
      EditorView.theme({ '.cm-content': { minHeight: `${lines * 20 + 8}px` } }),
    ]) });
  }, [label, hint, lines]);
  useEffect(() => {
    const own = view.current;
    if (own && own.state.doc.toString() !== value) own.dispatch({ changes: { from: 0, to: own.state.doc.length, insert: value } });
  }, [value]);
  return <div ref={box} />;
}
