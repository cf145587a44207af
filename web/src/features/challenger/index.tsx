import { Page } from '../../shared/ui/page';
import { HoldOut } from './HoldOut';
import { Shadow } from './Shadow';
import { useChallengerWords } from './words';

export default function ChallengerPage() {
  const say = useChallengerWords();
  return <Page title={say('title')} lead={say('lead')}><Shadow /><HoldOut /></Page>;
}
