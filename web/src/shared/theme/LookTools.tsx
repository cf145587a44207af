import { BgColorsOutlined, GlobalOutlined } from '@ant-design/icons';
import { Button, Dropdown } from 'antd';
import { setLang } from '../i18n/language';
import { words } from '../i18n/words';
import { useLang } from '../session';
import { useLook, type Mode } from './theme';

const useWords = words('look', {
  language: ['Switch to English', '切换为中文'],
  other: ['EN', '中文'],
  theme: ['外观', 'Appearance'],
  light: ['浅色', 'Light'],
  dark: ['深色', 'Dark'],
  system: ['跟随系统', 'As the system'],
});

/** Language and light or dark. */
export function LookTools() {
  const say = useWords();
  const lang = useLang();
  const { mode, setMode } = useLook();
  return (
    <>
      <Button type="text" icon={<GlobalOutlined />} title={say('language')} onClick={() => setLang(lang === 'zh' ? 'en' : 'zh')}>{say('other')}</Button>
      <Dropdown trigger={['click']} menu={{ selectedKeys: [mode], onClick: ({ key }) => setMode(key as Mode), items: (['light', 'dark', 'system'] as const).map((key) => ({ key, label: say(key) })) }}>
        <Button type="text" icon={<BgColorsOutlined />} aria-label={say('theme')} />
      </Dropdown>
    </>
  );
}
