import { CloseOutlined, CompassOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useRouterState } from '@tanstack/react-router';
import { textOf } from '../../shared/i18n/language';
import { words } from '../../shared/i18n/words';
import { useTour } from '../../shared/tour';

const useWords = words('tour', {
  name: ['导览', 'Guided tour'],
  of: ['第 {{n}} 步，共 {{all}} 步', 'Step {{n}} of {{all}}'],
  back: ['上一步', 'Back'],
  next: ['下一步', 'Next'],
  end: ['结束导览', 'End the tour'],
  here: ['回到这一步的页面', 'To the screen of this step'],
  leave: ['先放一放', 'Put the tour aside'],
});

/** A strip below the screen that it speaks of: it covers nothing, and one works on while it stands there. */
export default function TourStrip() {
  const say = useWords();
  const { tour, go } = useTour();
  const path = useRouterState({ select: (state) => state.location.pathname });
  if (tour?.state !== 'open') return null;
  const step = tour.steps[tour.step]!;
  const last = tour.step === tour.steps.length - 1;
  return (
    <aside className="tour" aria-label={say('name')}>
      <CompassOutlined aria-hidden />
      <div className="tour-text" aria-live="polite">
        <h2>{textOf(step.title)} <span className="faint small">{say('of', { n: tour.step + 1, all: tour.steps.length })}</span></h2>
        <p>{textOf(step.text)}</p>
      </div>
      <div className="tour-actions">
        {path !== step.path && <Button onClick={() => go(tour.step, 'open')}>{say('here')}</Button>}
        <Button disabled={tour.step === 0} onClick={() => go(tour.step - 1, 'open')}>{say('back')}</Button>
        {last ? <Button type="primary" onClick={() => go(tour.step, 'done')}>{say('end')}</Button> : <Button type="primary" onClick={() => go(tour.step + 1, 'open')}>{say('next')}</Button>}
        <Button type="text" icon={<CloseOutlined />} aria-label={say('leave')} title={say('leave')} onClick={() => go(tour.step, 'left')} />
      </div>
    </aside>
  );
}
