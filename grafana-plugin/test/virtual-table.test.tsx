import './dom-world.ts';
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { VirtualTable } from '../src/components/virtual-table.tsx';
import { drawnRows, scrollFor } from '../src/model/row-window.ts';

afterEach(cleanup);

const columns = [{ id: 'name', title: 'Name', width: '1fr', cell: (item: string) => item }];
const many = (length: number): string[] => Array.from({ length }, (_, n) => `d${n}.example`);

function Table({ items, open }: { items: readonly string[]; open?: (item: string) => void }) {
  return (
    <VirtualTable
      label="Domains"
      items={items}
      columns={columns}
      keyOf={(item) => item}
      {...(open === undefined ? {} : { open })}
    />
  );
}

const focusedRow = (): string | undefined => (document.activeElement as HTMLElement).dataset['row'];
const press = (key: string): boolean => fireEvent.keyDown(document.activeElement as Element, { key });

test('rows in view are drawn with some around them; the one with the focus always', () => {
  assert.deepEqual(drawnRows(3, 48, 0, 800, 0), [0, 1, 2]);
  // 10 rows of 50 px in view from row 20 on, 400 px around: 12 to 38.
  assert.deepEqual(
    drawnRows(1000, 50, 1000, 500, 25),
    Array.from({ length: 26 }, (_, row) => 12 + row),
  );
  assert.equal(drawnRows(1000, 50, 1000, 500, 3)[0], 3);
  assert.equal(drawnRows(1000, 50, 1000, 500, 999).at(-1), 999);
  assert.deepEqual(drawnRows(0, 50, 0, 500, 0), []);
});

test('scrolling moves as little as it must', () => {
  assert.equal(scrollFor(3, 50, 0, 500), 0);
  assert.equal(scrollFor(10, 50, 0, 500), 50);
  assert.equal(scrollFor(2, 50, 400, 500), 100);
});

test('the focus is on the row in the same moment as the key, however far the way', () => {
  const opened: string[] = [];
  render(<Table items={many(20_000)} open={(item) => opened.push(item)} />);
  assert.ok(screen.getAllByRole('row').length < 60);
  screen.getByText('d0.example').closest<HTMLElement>('[data-row]')?.focus();
  press('End');
  assert.equal(focusedRow(), '19999');
  press('ArrowUp');
  assert.equal(focusedRow(), '19998');
  press('Home');
  assert.equal(focusedRow(), '0');
  press('k');
  assert.equal(focusedRow(), '0', 'nothing is above the first');
  press('PageDown');
  // 800 px are taken for the height where nothing is laid out: 16 rows of 48 px, one of them stays in view.
  assert.equal(focusedRow(), '15');
  press('PageUp');
  press('j');
  press('Enter');
  assert.deepEqual(opened, ['d1.example']);
});

test('a list that is sorted anew keeps the focus on its row; a row that leaves gives it to its place', () => {
  const items = many(500);
  const { rerender } = render(<Table items={items} />);
  screen.getByText('d0.example').closest<HTMLElement>('[data-row]')?.focus();
  press('ArrowDown');
  rerender(<Table items={['new.example', ...items]} />);
  assert.equal(focusedRow(), '2');
  assert.equal(document.activeElement?.textContent, 'd1.example');
  rerender(<Table items={items.filter((item) => item !== 'd1.example')} />);
  assert.equal(document.activeElement?.textContent, 'd2.example');
});
