import { App, Button, Space } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { ApiError } from '../../shared/api/error';
import type { Review } from '../../shared/api/validation';
import { draft } from '../../shared/draft/store';
import { useDraft, useSaveDraft } from '../../shared/draft/useDraft';
import { useFormat, useMay } from '../../shared/session';
import { save as saveFile } from '../../shared/ui/download';
import { Panel } from '../../shared/ui/page';
import { useUi } from '../../shared/ui/words';
import { useReviewWords } from './words';

/** A review as one reads it; what it proposes goes into the draft, and is simulated there. */
export default function ReviewText({ review }: { review: Review }) {
  const say = useReviewWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const { message, modal } = App.useApp();
  const { document, query, set } = useDraft();
  const { save } = useSaveDraft();
  const [busy, setBusy] = useState(false);
  const { lang } = format;
  const page = review.pages[lang];
  const take = async () => {
    setBusy(true);
    try {
      set([], review.proposed);
      await save();
      void message.success(say('taken'));
      void navigate({ to: '/simulate', search: { begin: 'draft' } });
    } catch (error) {
      draft.undo();
      const problem = error as ApiError;
      if (problem.status === 412) void query.refetch();
      void message.error(problem.status === 412 ? say('conflict') : problem.message);
    } finally {
      setBusy(false);
    }
  };
  const ask = () => modal.confirm({ title: say('takeTitle'), content: say('takeText'), okText: say('take'), cancelText: ui('cancel'), onOk: () => void take() });
  const file = (text: string, ending: string, type: string) => saveFile(`${review.quarter}.${ending}`, new Blob([text], { type: `${type};charset=utf-8` }));
  const date = review.backtest.dates.at(-1);
  return (
    <>
      <Panel title={say('of', { quarter: review.quarter, from: review.from, until: review.until })} extra={page && <Space><Button size="small" onClick={() => file(page.html, 'html', 'text/html')}>{say('html')}</Button><Button size="small" onClick={() => file(page.markdown, 'md', 'text/markdown')}>{say('markdown')}</Button></Space>}>
        <div className="stack">
          {!review.is_over && <p className="warn">{say('notOver', { until: review.until })}</p>}
          <h3>{say('evidence')}</h3>
          <ul className="plain-list">{review.evidence.map((one, index) => <li key={index}>{one[lang]}</li>)}</ul>
        </div>
      </Panel>
      <div className="cols">
        <Panel className="c6" title={say('moves')}><ul className="plain-list">{(review.summary.migrations ?? []).map((one) => <li key={one.scheme}>{say('moved', { scheme: one.title[lang], up: format.count(one.n_up), down: format.count(one.n_down), same: format.count(one.n_same) })}</li>)}</ul></Panel>
        <Panel className="c6" title={say('drift')} extra={<Link to="/drift">{say('more')}</Link>}><p className="words sentence">{review.drift.verdict[lang]}</p></Panel>
        <Panel className="c6" title={say('right')} extra={<Link to="/backtests">{say('moreBacktest')}</Link>}>{date && <div className="stack"><p className="words sentence">{date.words[lang]}</p><ul className="plain-list small">{date.judged.tiers.flatMap((one) => one.orders.map((order) => <li key={one.name + order.outcome}>{one.title[lang]} · {order.words[lang]}</li>))}</ul></div>}</Panel>
        <Panel className="c6" title={say('contradictions')}>{review.contradictions.length === 0 ? <p className="faint">{say('noContradictions')}</p> : <ul className="plain-list">{review.contradictions.map((one, index) => <li key={index}>{one[lang]}</li>)}</ul>}</Panel>
      </div>
      <Panel title={say('proposals')} extra={review.proposed && may('edit_models') && <Button type="primary" disabled={!document} loading={busy} onClick={ask}>{say('take')}</Button>}>
        {review.proposals.length === 0 ? <p className="faint">{say('noProposals')}</p> : <ol className="numbered">{review.proposals.map((one, index) => <li key={index}>{one.words[lang]}</li>)}</ol>}
      </Panel>
    </>
  );
}
