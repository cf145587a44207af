import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useNavigate, type LinkProps } from '@tanstack/react-router';
import { useState } from 'react';
import type { ModelDocument, Text } from '../api/document';
import { DraftBar } from '../draft/DraftBar';
import { namesOf } from '../draft/names';
import { useDraft } from '../draft/useDraft';
import { useMay } from '../session';
import { Page, Panel } from '../ui/page';
import { AskName, Title } from '../ui/parts';
import { Empty, Loaded } from '../ui/states';
import { DataTable, type Column } from '../ui/table';
import { useUi } from '../ui/words';
import { ExchangeIn } from './ExchangeIn';

type Section = 'decision_tables' | 'cross_tables' | 'decision_trees' | 'flows';
type One<S extends Section> = NonNullable<ModelDocument[S]>[string];
type Word = 'title' | 'lead' | 'add' | 'emptyTitle' | 'emptyText';

/** The rules of one form: each with its title and what a form's own columns say; a new one opens in its editor. */
export function RuleList<S extends Section>({ section, say, to, columns, begin, files = false }: {
  section: S;
  say: (word: Word) => string;
  to: LinkProps['to'];
  columns: (document: ModelDocument) => Column<[string, One<S>]>[];
  /** What a new one begins with. */
  begin: (document: ModelDocument) => One<S>;
  /** Whether rules of this form come from files of other programs. */
  files?: boolean;
}) {
  const ui = useUi();
  const may = useMay();
  const navigate = useNavigate();
  const { query, document, set } = useDraft();
  const [asking, ask] = useState(false);
  const rules = Object.entries(document?.[section] ?? {}) as [string, One<S>][];
  const open = (name: string) => void navigate({ to, params: { name } } as Parameters<typeof navigate>[0]);
  const button = may('edit_models') && <Button type="primary" icon={<PlusOutlined />} onClick={() => ask(true)}>{say('add')}</Button>;
  const title = (name: string, one: { title?: Text }) => <button type="button" className="linkish" onClick={() => open(name)}><Title text={one.title} name={name} /></button>;
  return (
    <Page title={say('title')} lead={say('lead')} actions={<>{files && <ExchangeIn onDone={(first) => { if (first.section === section) open(first.name); }} />}{button}</>}>
      <DraftBar />
      <Panel flush>
        <Loaded query={query} empty={() => document && rules.length === 0 && <Empty title={say('emptyTitle')} text={say('emptyText')}>{button}</Empty>}>
          {() => document && <DataTable label={say('title')} rows={rules} rowKey={([name]) => name} onOpen={([name]) => open(name)} columns={[{ key: 'title', title: ui('title'), cell: ([name, one]) => title(name, one) }, ...columns(document)]} />}
        </Loaded>
      </Panel>
      <AskName open={asking} title={say('add')} taken={namesOf(document)} onClose={() => ask(false)} onDone={(name) => { ask(false); set([section, name], begin(document!)); open(name); }} />
    </Page>
  );
}
