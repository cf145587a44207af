import { DeleteOutlined } from '@ant-design/icons';
import { App, Button } from 'antd';
import type { ModelDocument, Text } from '../api/document';
import { useDraft } from '../draft/useDraft';
import { usesOf } from '../draft/uses';
import { textOf } from '../i18n/language';
import { useLang, useMay } from '../session';
import { useUi } from '../ui/words';

type Word = 'remove' | 'removeTitle' | 'removeText' | 'removeUsed';

/** Takes a rule out of the draft, unless others stand on it: then it says which. */
export function RemoveRule({ name, title, section, say, onDone }: { name: string; title: Text | undefined; section: keyof ModelDocument; say: (word: Word, values?: Record<string, string>) => string; onDone: () => void }) {
  const ui = useUi();
  const lang = useLang();
  const may = useMay();
  const { modal } = App.useApp();
  const { document, set } = useDraft();
  if (!may('edit_models')) return null;
  const remove = () => {
    const uses = document ? usesOf(document, name).filter((use) => use.name !== name) : [];
    if (uses.length > 0) modal.info({ title: say('removeUsed'), content: <ul>{uses.map((use) => <li key={use.kind + use.name}>{textOf(use.title, use.name, lang)}</li>)}</ul>, okText: ui('close') });
    else modal.confirm({ title: say('removeTitle', { name: textOf(title, name, lang) }), content: say('removeText'), okText: say('remove'), cancelText: ui('cancel'), okButtonProps: { danger: true }, onOk: () => { set([section, name], undefined); onDone(); } });
  };
  return <Button danger icon={<DeleteOutlined />} onClick={remove}>{say('remove')}</Button>;
}
