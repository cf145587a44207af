import type { ReactNode } from 'react';
import { LookTools } from '../../shared/theme/LookTools';

/** The card that stands alone before anybody is signed in. */
export function Front({ children, wide }: { children: ReactNode; wide?: boolean }) {
  return (
    <main className="front">
      <div className={wide ? 'front-card wide' : 'front-card'}>
        <div className="front-brand"><img src="/gradus.svg" alt="" />Gradus<span className="front-tools"><LookTools /></span></div>
        {children}
      </div>
    </main>
  );
}
