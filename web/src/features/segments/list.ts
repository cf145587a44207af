// A list of customers is a source like any other: each row is an event that puts somebody on it.
import type { SourceDocument } from '../../shared/api/document';

export type IdKind = 'id' | 'phone' | 'email';

/** The name of a list's source: letters, digits, `_` and `-`. */
export const sourceName = (list: string) => `list_${list.replace(/[^\p{L}\p{N}_-]/gu, '_')}`.slice(0, 64);

const column = (name: string) => `"${name.replaceAll('"', '""')}"`;
const text = (value: string) => `'${value.replaceAll("'", "''")}'`;

/** `since`: a local minute of the workspace, `2011-12-10 00:00`. */
export function listSource(list: string, who: string, kind: IdKind, since: string): SourceDocument {
  return {
    gradus: 1,
    title: { zh: `名单：${list}`, en: `List: ${list}` },
    files: [`${sourceName(list)}*`],
    history: true,
    mapping: { identity: [{ kind, value: column(who) }], kind: text('list'), time: `TIMESTAMP ${text(`${since}:00`)}` },
    fields: { list: { title: { zh: '名单', en: 'List' }, type: 'text', value: text(list) } },
    kinds: { list: { title: { zh: '名单', en: 'List' } } },
  } as SourceDocument;
}
