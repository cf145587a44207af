import { Button } from 'antd';
import { Link, type ErrorComponentProps } from '@tanstack/react-router';
import { words } from '../shared/i18n/words';
import { Empty } from '../shared/ui/states';

const useWords = words('fallback', {
  missing: ['这里没有页面', 'There is no page here'],
  missingText: ['地址可能写错了，或者内容已被删除。', 'The address may be wrong, or what was here is gone.'],
  start: ['回到工作台', 'Back to home'],
  crashed: ['页面出了故障，这是我们的问题', 'The page broke, and that is our fault'],
  crashedText: ['您的草稿仍在。请重新载入；如果再次发生，请把下面的文字告诉管理员。', 'Your draft is still there. Load the page again; if it happens once more, give the text below to your administrator.'],
  reload: ['重新载入', 'Load again'],
});

export function Missing() {
  const say = useWords();
  return <Empty title={say('missing')} text={say('missingText')}><Link to="/">{say('start')}</Link></Empty>;
}

export function Crashed({ error }: ErrorComponentProps) {
  const say = useWords();
  return (
    <Empty title={say('crashed')} text={say('crashedText')}>
      <code>{error instanceof Error ? error.message : String(error)}</code>
      <Button onClick={() => location.reload()}>{say('reload')}</Button>
    </Empty>
  );
}
