import { CopyOutlined, DeleteOutlined } from '@ant-design/icons';
import { App, Button, Collapse, DatePicker, Form, InputNumber, Select } from 'antd';
import dayjs from 'dayjs';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { ModelDocument, TestCase } from '../../shared/api/document';
import type { ApiError } from '../../shared/api/error';
import { isThere, sendTo } from '../../shared/api/hooks';
import type { CaseDifference, CaseResult } from '../../shared/api/later';
import { useCatalogue } from '../../shared/catalogue';
import { DraftBar } from '../../shared/draft/DraftBar';
import { Editable } from '../../shared/draft/Editable';
import { draft } from '../../shared/draft/store';
import { useDraft } from '../../shared/draft/useDraft';
import { textOf } from '../../shared/i18n/language';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AskName, Findings, TextFields } from '../../shared/ui/parts';
import { Empty, Loaded, Trouble } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { Typed } from '../../shared/ui/Typed';
import { answered, asking, expectable, KINDS, linesOf, usual, withLine, withoutLine, type Kind, type Line } from './cases';
import { Given } from './Given';
import { State } from './index';
import { useTested } from './useTested';
import { useCaseWords } from './words';

export default function CaseEditor() {
  const ui = useUi();
  const say = useCaseWords();
  const { name } = useParams({ strict: false }) as { name: string };
  const { query, document } = useDraft();
  const one = document?.tests?.[name];
  if (!document) return <Page title={name}><Loaded query={query}>{() => null}</Loaded></Page>;
  if (!one) return <Page title={name}><Empty title={ui('notFound')} text={ui('notFoundHint')}><Link to="/tests">{say('title')}</Link></Empty></Page>;
  return <Editor key={name} name={name} one={one} document={document} />;
}

function Editor({ name, one, document }: { name: string; one: TestCase; document: ModelDocument }) {
  const say = useCaseWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const { modal, message } = App.useApp();
  const { set, findings } = useDraft();
  const tested = useTested();
  const [copying, copy] = useState(false);
  const [filling, setFilling] = useState(false);
  const title = textOf(one.title, name, format.lang);
  const put = (next: TestCase) => set(['tests', name], clean(next));
  const result = tested.data?.cases.find((own) => own.name === name);
  const wrong = [...findings, ...(tested.error?.problem.errors ?? [])].filter((finding) => finding.path === `tests.${name}` || finding.path?.startsWith(`tests.${name}.`));
  const remove = () => modal.confirm({ title: say('removeTitle', { name: title }), content: say('removeText'), okText: say('remove'), cancelText: ui('cancel'), okButtonProps: { danger: true }, onOk: () => { set(['tests', name], undefined); void navigate({ to: '/tests' }); } });
  /** Asks the rules themselves what they give now. */
  const fill = async () => {
    const own = linesOf(one.expect);
    const asked = own.length > 0 ? own : usual(document);
    setFilling(true);
    try {
      const told = await sendTo('post', '/model/test', { body: { document: { ...document, tests: { [name]: asking(one, asked) } }, only: [name] } });
      draft.apart();
      put(answered(one, asked, told.cases[0]!));
    } catch (error) {
      void message.error((error as ApiError).message);
    } finally {
      setFilling(false);
    }
  };
  return (
    <Page wide title={title} lead={<code>{name}</code>} actions={may('edit_models') && <><Button icon={<CopyOutlined />} onClick={() => copy(true)}>{say('copy')}</Button><Button danger icon={<DeleteOutlined />} onClick={remove}>{say('remove')}</Button></>}>
      <DraftBar />
      {/* What came out otherwise stands beside, with its reason. */}
      <Findings findings={result ? wrong.filter((finding) => finding.code !== 'test-failed') : wrong} path="" />
      <div className="editor-split">
        <Editable><div className="stack">
          <Given one={one} put={put} document={document} findings={wrong} />
          <Panel title={say('expected')} extra={isThere('post', '/model/test') && <><span className="faint small">{say('fillHint')}</span><Button size="small" loading={filling} onClick={() => void fill()}>{say('fill')}</Button></>}>
            <Expects one={one} put={put} document={document} result={result} />
          </Panel>
          <Panel title={say('names')}>
            <Form layout="vertical">
              <div className="two">
                <Form.Item label={say('asOf')}><DatePicker aria-label={say('asOf')} value={one.as_of ? dayjs(one.as_of) : null} onChange={(_, text) => put({ ...one, as_of: (text as string) || undefined })} /></Form.Item>
                <Form.Item label={say('tolerance')}><InputNumber aria-label={say('tolerance')} min={0} step={0.01} value={one.tolerance as number | undefined} onChange={(tolerance) => put({ ...one, tolerance: tolerance ?? undefined })} /></Form.Item>
              </div>
              <TextFields value={one.title} onChange={(text) => put({ ...one, title: text })} />
              <TextFields label={ui('description')} area value={one.description} onChange={(text) => put({ ...one, description: text })} />
            </Form>
          </Panel>
        </div></Editable>
        <div className="editor-side">
          <Panel title={say('now')} extra={<State result={result} running={tested.isFetching} />}>
            {tested.error && wrong.length === 0 && <Trouble error={tested.error} />}
            {result && (result.passed ? <p className="good">{say('good')}</p> : <div className="stack">{result.differences.map((own) => <Difference key={own.path} one={own} />)}</div>)}
          </Panel>
        </div>
      </div>
      <AskName open={copying} title={say('copy')} taken={Object.keys(document.tests ?? {})} onClose={() => copy(false)} onDone={(next) => { copy(false); set(['tests', next], { ...one, title: undefined }); void navigate({ to: '/tests/$name', params: { name: next } }); }} />
    </Page>
  );
}

/** One difference, and why it came out so. */
function Difference({ one }: { one: CaseDifference }) {
  const say = useCaseWords();
  const format = useFormat();
  return (
    <div className="stack">
      <p className="bad"><b>{one.title[format.lang]}</b>: {say('expectedGot', { expected: one.expected ?? say('nothing'), got: one.got ?? say('nothing') })}</p>
      {one.why.length > 0 && <Collapse size="small" items={[{ key: 'why', label: say('why'), children: <ul>{one.why.map((line, at) => <li key={at} className="small" style={{ whiteSpace: 'pre-wrap' }}>{line[format.lang]}</li>)}</ul> }]} />}
    </div>
  );
}

function Expects({ one, put, document, result }: { one: TestCase; put: (next: TestCase) => void; document: ModelDocument; result: CaseResult | undefined }) {
  const say = useCaseWords();
  const lang = useFormat().lang;
  const catalogue = useCatalogue();
  const lines = linesOf(one.expect);
  const titles = new Map([...(catalogue?.tiers ?? []), ...(catalogue?.scores ?? []), ...(catalogue?.predictions ?? []), ...(catalogue?.rules ?? []), ...(catalogue?.segments ?? []), ...(catalogue?.indicators ?? []), ...(catalogue?.groupings ?? [])].map((own) => [own.name, textOf(own.title, own.name, lang)]));
  const titleOf = (name: string) => titles.get(name) ?? name;
  const open = expectable(document).filter((own) => !lines.some((line) => line.kind === own.kind && line.name === own.name));
  return (
    <div className="stack">
      <table className="table small" aria-label={say('expected')}>
        <tbody>{lines.map((line) => {
          const off = result?.differences.some((own) => own.path === `expect.${line.kind}.${line.name}` || own.path.startsWith(`expect.${line.kind}.${line.name}.`));
          return (
            <tr key={line.kind + line.name} className={off ? 'bad-cell' : undefined}>
              <td className="faint">{say(line.kind)}</td>
              <th scope="row">{titleOf(line.name)}{line.parts ? <span className="faint small"> {say('points', { n: line.parts })}</span> : null}</th>
              <td><Wanted line={line} title={titleOf(line.name)} document={document} onChange={(text) => put({ ...one, expect: withLine(one.expect, line.kind, line.name, text) })} /></td>
              <td><Button size="small" type="text" aria-label={say('removeLine', { name: titleOf(line.name) })} icon={<DeleteOutlined />} onClick={() => put({ ...one, expect: withoutLine(one.expect, line.kind, line.name) })} /></td>
            </tr>
          );
        })}</tbody>
      </table>
      <Select aria-label={say('addExpect')} placeholder={say('addExpect')} showSearch optionFilterProp="label" style={{ maxWidth: 360 }} value={null} onChange={(key: string | null) => { const [kind, ...name] = (key ?? '').split(':'); if (key) put({ ...one, expect: withLine(one.expect, kind as Kind, name.join(':'), null) }); }} options={KINDS.filter((kind) => open.some((own) => own.kind === kind)).map((kind) => ({ label: say(kind), title: kind, options: open.filter((own) => own.kind === kind).map((own) => ({ value: `${kind}:${own.name}`, label: titleOf(own.name) })) }))} />
    </div>
  );
}

/** What is expected of one thing: a level, inside or outside, a number or a text. */
function Wanted({ line, title, document, onChange }: { line: Line; title: string; document: ModelDocument; onChange: (text: string | null) => void }) {
  const say = useCaseWords();
  const lang = useFormat().lang;
  const NONE = '$none';
  const choose = (options: { value: string; label: string }[]) => <Select size="small" aria-label={title} style={{ minWidth: 160 }} value={line.value ?? NONE} onChange={(next: string) => onChange(next === NONE ? null : next)} options={options} />;
  if (line.kind === 'tiers') return choose([...Object.entries(document.tiers?.[line.name]?.levels ?? {}).map(([value, level]) => ({ value, label: textOf(level?.title, value, lang) })), { value: NONE, label: say('notGraded') }]);
  if (line.kind === 'segments') return choose([{ value: 'true', label: say('inside') }, { value: 'false', label: say('outside') }, { value: NONE, label: say('cannotTell') }]);
  return <Typed size="small" aria-label={title} placeholder={say('nothing')} value={line.value ?? ''} onChange={(text) => onChange(text === '' ? null : text)} />;
}

const clean = (one: TestCase): TestCase => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined)) as unknown as TestCase;
