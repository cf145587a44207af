import { DownloadOutlined } from '@ant-design/icons';
import { App, Button, Tooltip } from 'antd';
import { API, send } from '../api/client';
import type { ApiError } from '../api/error';
import { isThere } from '../api/hooks';
import { useDraftState } from '../draft/store';
import { words } from '../i18n/words';
import { Findings } from '../ui/parts';
import { save } from '../ui/download';

const useWords = words('exchange-out', {
  dmn: ['导出 DMN', 'Export as DMN'],
  pmml: ['导出 PMML', 'Export as PMML'],
  hint: ['以 {{format}} 文件交给其他系统使用；导出的是已保存的草稿', 'A {{format}} file for other systems, of the draft as it was saved'],
  refused: ['这种格式写不下它的全部内容', 'The format cannot say all that it says'],
  unsaved: ['有未保存的修改，先保存草稿再导出', 'There are unsaved changes: save the draft first'],
});

/** The rule as a file that other programs read. */
export function ExchangeOut({ name, format }: { name: string; format: 'dmn' | 'pmml' }) {
  const say = useWords();
  const { message, modal } = App.useApp();
  const { document, saved } = useDraftState();
  if (!isThere('get', '/model/rules/{name}')) return null;
  const fetchIt = async () => {
    try {
      const response = await send(new Request(`${location.origin}${API}/model/rules/${encodeURIComponent(name)}?format=${format}`));
      save(`${name}.${format}`, new Blob([await response.text()], { type: 'application/xml' }));
    } catch (error) {
      const { problem, message: text } = error as ApiError;
      const found = problem.errors ?? [];
      if (found.length > 0) modal.warning({ title: say('refused'), content: <Findings findings={found} path="" />, width: 620 });
      else void message.error(text);
    }
  };
  const changed = document !== saved;
  return <Tooltip title={changed ? say('unsaved') : say('hint', { format: format.toUpperCase() })}><Button icon={<DownloadOutlined />} disabled={changed} onClick={() => void fetchIt()}>{say(format)}</Button></Tooltip>;
}
