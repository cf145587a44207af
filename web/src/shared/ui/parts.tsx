import { DownOutlined, PlusOutlined } from '@ant-design/icons';
import { Link } from '@tanstack/react-router';
import { Alert, Button, Dropdown, Form, Input, Modal, Tag } from 'antd';
import { useState, type ReactNode } from 'react';
import type { Finding, Lang, Permission } from '../api/contract';
import type { Text } from '../api/document';
import { textOf } from '../i18n/language';
import { placeOfPath } from '../rules/places';
import { usePermissionWords } from '../permissions';
import { useLang, useMay } from '../session';
import { useLook } from '../theme/theme';
import { levelColour } from '../theme/palette';
import { useUi } from './words';

/** A level with its step's colour; the word is always there, colour never stands alone. */
export function LevelTag({ title, index, of }: { title: string; index: number; of: number }) {
  const { isDark } = useLook();
  return <span className="level"><i style={{ background: levelColour(index, of, isDark) }} aria-hidden />{title}</span>;
}

/** Why somebody finds a button they cannot press, or none; says nothing to those who can. */
export function MayNot({ permission }: { permission: Permission }) {
  const ui = useUi();
  const what = usePermissionWords();
  const may = useMay();
  return may(permission) ? null : <p className="faint small">{ui('mayNotDo', { what: what(permission) })}</p>;
}

const tones = { published: 'good', active: 'good', done: 'good', review: 'warn', waiting: 'warn', scheduled: 'warn', queued: 'warn', running: 'warn', failed: 'bad', rejected: 'bad' } as Record<string, string>;
export function StateTag({ state, children }: { state: string; children: ReactNode }) {
  return <span className={`tag ${tones[state] ?? ''}`}>{children}</span>;
}

/** Findings in the reader's language, with what would be right. */
export function Findings({ findings, path, limit = 8, action }: { findings: Finding[]; path?: string; limit?: number; action?: (finding: Finding) => ReactNode }) {
  const lang = useLang();
  const ui = useUi();
  const shown = path === undefined ? findings : findings.filter((finding) => (finding.path ?? '').startsWith(path));
  if (shown.length === 0) return null;
  return (
    <ul className="findings">
      {shown.slice(0, limit).map((finding, index) => (
        <li key={index} className={finding.severity}>
          <Alert
            type={finding.severity === 'error' ? 'error' : finding.severity === 'warning' ? 'warning' : 'info'}
            showIcon
            title={<>{finding.path && path === undefined && <Where path={finding.path} />} {finding.message[lang]}</>}
            description={<>
              {finding.hint?.[lang]}
              {finding.example && <div className="faint">{ui('example', { what: finding.example[lang] })}</div>}
              {action?.(finding)}
            </>}
          />
        </li>
      ))}
      {shown.length > limit && <li className="faint">+{shown.length - limit}</li>}
    </ul>
  );
}

/** The path of a finding, which leads to the screen where it stands. */
function Where({ path }: { path: string }) {
  const to = placeOfPath(path);
  return to ? <Link to={to.to} params={to.params as never}><code>{path}</code></Link> : <code>{path}</code>;
}

/** Both languages of a text; one is enough. */
export function TextFields({ value, onChange, label, area }: { value: Text | undefined; onChange: (text: Text | undefined) => void; label?: string; area?: boolean }) {
  const ui = useUi();
  const both = typeof value === 'string' ? { zh: value, en: value } : (value ?? {});
  const set = (lang: Lang, text: string) => {
    const next = { ...both, [lang]: text };
    const clean = Object.fromEntries(Object.entries(next).filter(([, one]) => one));
    onChange(Object.keys(clean).length ? clean : undefined);
  };
  const Field = area ? Input.TextArea : Input;
  return (
    <div className="two">
      <Form.Item label={label ? `${label} · ${ui('chinese')}` : ui('titleZh')}><Field value={both.zh ?? ''} onChange={(event) => set('zh', event.target.value)} aria-label={label ? `${label} ${ui('chinese')}` : ui('titleZh')} /></Form.Item>
      <Form.Item label={label ? `${label} · ${ui('english')}` : ui('titleEn')}><Field value={both.en ?? ''} onChange={(event) => set('en', event.target.value)} aria-label={label ? `${label} ${ui('english')}` : ui('titleEn')} /></Form.Item>
    </div>
  );
}

/** Asks for the name of something new; says at once what is wrong with it. */
export function AskName({ open, title, taken, onDone, onClose, children }: { open: boolean; title: string; taken: string[]; onDone: (name: string) => void; onClose: () => void; children?: ReactNode }) {
  const ui = useUi();
  const [name, setName] = useState('');
  const [tried, setTried] = useState(false);
  const trimmed = name.trim();
  // JSON objects keep the order of names unless a name is a whole number.
  const wrong = !trimmed ? ui('nameEmpty') : /^\d+$/.test(trimmed) ? ui('nameDigits') : taken.includes(trimmed) ? ui('nameTaken') : null;
  const done = () => {
    setTried(true);
    if (wrong) return;
    onDone(trimmed);
    setName('');
    setTried(false);
  };
  return (
    <Modal open={open} title={title} okText={ui('ok')} cancelText={ui('cancel')} onOk={done} onCancel={onClose} destroyOnHidden>
      <Form layout="vertical" onFinish={done}>
        <Form.Item label={ui('name')} htmlFor="new-name" validateStatus={tried && wrong ? 'error' : undefined} help={tried ? wrong : undefined}>
          <Input id="new-name" value={name} autoFocus onChange={(event) => setName(event.target.value)} />
        </Form.Item>
        {children}
      </Form>
    </Modal>
  );
}

export function AddMenu({ label, items }: { label: string; items: { key: string; label: ReactNode; onClick: () => void }[] }) {
  return <Dropdown trigger={['click']} menu={{ items }}><Button type="primary" icon={<PlusOutlined />}>{label} <DownOutlined /></Button></Dropdown>;
}

export function Title({ text, name }: { text: Text | null | undefined; name: string }) {
  const lang = useLang();
  const title = textOf(text, name, lang);
  return <span>{title}{title !== name && <code className="name">{name}</code>}</span>;
}

export function Chips({ items }: { items: string[] }) {
  return <>{items.map((item) => <Tag key={item} variant="filled">{item}</Tag>)}</>;
}
