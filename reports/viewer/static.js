// What the report's plain HTML gains from a script: sorting by a click on a heading, tool tips, and
// links that unfold what they lead to.

// ---- tables: a click on a heading sorts; figures by their value, largest first ----

const valueOf = (cell) => {
  if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
  const text = cell.textContent.trim();
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
};

const compareCells = (a, b) =>
  typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));

function sortTable(table, column, heading) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const numeric = rows.some((row) => typeof valueOf(row.cells[column]) === 'number');
  const before = heading.getAttribute('aria-sort');
  const direction = before ? (before === 'ascending' ? -1 : 1) : numeric ? -1 : 1;
  const isEmpty = (value) => value === '' || value === 'none';
  rows
    .map((row) => ({ row, value: valueOf(row.cells[column]) }))
    .sort((a, b) => {
      // What has no value goes last either way.
      if (isEmpty(a.value) || isEmpty(b.value)) return isEmpty(a.value) - isEmpty(b.value);
      return direction * compareCells(a.value, b.value);
    })
    .forEach(({ row }) => body.append(row));
  for (const other of heading.parentElement.cells) other.removeAttribute('aria-sort');
  heading.setAttribute('aria-sort', direction === 1 ? 'ascending' : 'descending');
}

function startTables() {
  for (const table of document.querySelectorAll('table.sortable')) {
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener('click', () => sortTable(table, column, heading));
    });
  }
}

// ---- tool tips: by pointer and by focus ----

function startTips() {
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.hidden = true;
  tip.setAttribute('aria-hidden', 'true');
  document.body.append(tip);

  function placeTip(target, x, y) {
    tip.textContent = target.dataset.tip;
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(x - width / 2, innerWidth - width - 8))}px`;
    tip.style.top = `${y - height - 12 < 8 ? y + 20 : y - height - 12}px`;
  }

  const tipped = (event) => event.target.closest?.('[data-tip]');

  document.addEventListener('pointermove', (event) => {
    const target = tipped(event);
    if (target) placeTip(target, event.clientX, event.clientY);
    else tip.hidden = true;
  });
  document.addEventListener('focusin', (event) => {
    const target = tipped(event);
    if (!target) return;
    const { left, width, top } = target.getBoundingClientRect();
    placeTip(target, left + width / 2, top);
  });
  for (const leaving of ['focusout', 'scroll'])
    document.addEventListener(leaving, () => { tip.hidden = true; }, { passive: true });
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') tip.hidden = true; });
}

// ---- a link into a folded part unfolds it ----

function unfold() {
  let part = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
  for (; part; part = part.parentElement) if (part.tagName === 'DETAILS') part.open = true;
}
export function startStatic() {
  startTables();
  startTips();
  addEventListener('hashchange', unfold);
  unfold();
}
