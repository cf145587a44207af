import { useParams } from '@tanstack/react-router';
import { words } from '../../shared/i18n/words';
import { Page, Panel } from '../../shared/ui/page';
import { Empty } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';

const useWords = words('later', {
  strategies: ['策略', 'Strategies'],
  strategiesText: ['触发、人群、对照组与动作，并测量效果。', 'Trigger, audience, control group and action, with measured effect.'],
  privacy: ['隐私合规', 'Privacy'],
  privacyText: ['用途与法律依据、同意记录、查阅与删除请求、保留期限。', 'Purposes and legal basis, consent, requests to see and erase, retention.'],
  later: ['这个界面随它的引擎一起提供。引擎在此版本中尚未完成，因此这里没有按钮，也不显示数字。', 'This screen comes with its engine. The engine is not in this version yet, so there is no button and no number here.'],
});
const known = ['strategies', 'privacy'] as const;

/** A place that is kept for what comes with its engine. It promises nothing that cannot be done. */
export default function Later() {
  const say = useWords();
  const ui = useUi();
  const { what } = useParams({ strict: false }) as { what: string };
  const key = known.find((one) => one === what);
  if (!key) return <Page title={ui('notFound')}><Panel><Empty title={ui('notFound')} text={ui('notFoundHint')} /></Panel></Page>;
  return <Page title={say(key)} lead={say(`${key}Text`)}><Panel><Empty title={ui('notYet')} text={say('later')} /></Panel></Page>;
}
