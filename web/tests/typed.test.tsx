// @vitest-environment jsdom
// A field that stands for a number or a formula lets one type what is not one yet.
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, expect, it } from 'vitest';
import { outcomeOf, outcomeText, testOf, testText } from '../src/shared/sheet/notation';
import { Typed } from '../src/shared/ui/Typed';

afterEach(cleanup);

function Field({ of, text }: { of: (text: string) => unknown; text: (value: never) => string }) {
  const [value, set] = useState<unknown>(null);
  return <><Typed aria-label="field" value={value === null ? '' : text(value as never)} onChange={(typed) => set(of(typed))} /><output>{JSON.stringify(value)}</output></>;
}

it('takes a number with decimals, digit by digit, and shows what was understood afterwards', async () => {
  render(<Field of={outcomeOf} text={outcomeText} />);
  await userEvent.type(screen.getByLabelText('field'), '0.50');
  expect(screen.getByLabelText<HTMLInputElement>('field').value).toBe('0.50');
  expect(screen.getByRole('status').textContent).toBe('0.5');
  await userEvent.tab();
  expect(screen.getByLabelText<HTMLInputElement>('field').value).toBe('0.5');
});

it('takes a formula with its spaces', async () => {
  render(<Field of={testOf} text={testText} />);
  await userEvent.type(screen.getByLabelText('field'), '= a + b');
  expect(screen.getByRole('status').textContent).toBe('{"sql":"a + b"}');
});
