// A packed document (docs/formats.md, "Packed") as it was: objects from columns, texts from their
// table. A document that is not packed is given back. Pages come from anywhere: sizes are checked
// before anything is made of them.
const MOST = 1 << 24;

const fail = (what) => { throw new Error(`its packed data is damaged: ${what}`); };

export function unpack(packed) {
  if (packed?.packed === undefined) return packed;
  if (packed.packed !== 1) throw new Error(`it is packed in form ${packed.packed}; this page reads form 1`);
  const texts = Array.isArray(packed.texts) ? packed.texts : fail('no texts');
  let made = 0;
  const room = (count) => {
    made += count;
    if (!Number.isInteger(count) || count < 0 || made > MOST * 8) fail(`${count} rows`);
    return count;
  };
  const listed = (list, count) => (Array.isArray(list) && list.length === count ? list : fail(`a column without its ${count} rows`));

  // The values of a column; absent ones are undefined.
  function column(from, count) {
    if (Array.isArray(from)) return listed(from, count).map((one) => (one === null ? undefined : typeof one === 'object' ? value(one) : one));
    if (from === null || typeof from !== 'object') return fail('a column of no known kind');
    if ('$same' in from) return new Array(count).fill(from.$same);
    if (from.$texts) return listed(from.$texts, count).map((i) => (i < 0 ? undefined : texts[i]));
    if (from.$few) return listed(from.at, count).map((i) => (i < 0 ? undefined : from.$few[i]));
    if (from.$steps) {
      let sum = 0;
      return listed(from.$steps, count).map((step) => { sum += step; return sum; });
    }
    if (from.$lists) {
      const lengths = listed(from.$lists, count);
      const total = room(lengths.reduce((sum, length) => sum + Math.max(0, length), 0));
      const items = column(from.of, total);
      let at = 0;
      return lengths.map((length) => {
        if (length < 0) return undefined;
        at += length;
        return items.slice(at - length, at);
      });
    }
    if (from.$members) {
      const objects = new Array(count);
      members(from.$members, count, (i) => (objects[i] ??= {}));
      return objects;
    }
    return fail('a column of no known kind');
  }

  function members(columns, count, objectAt) {
    for (const [key, from] of Object.entries(columns)) {
      const values = column(from, room(count));
      for (let i = 0; i < count; i++) if (values[i] !== undefined) objectAt(i)[key] = values[i];
    }
  }

  function rows(count, columns) {
    const objects = Array.from({ length: room(count) }, () => ({}));
    members(columns, count, (i) => objects[i]);
    return objects;
  }

  function tuples(count, columns) {
    const values = columns.map((from) => column(from, room(count)));
    return Array.from({ length: count }, (_, i) => values.map((one) => one[i] ?? null));
  }

  function value(from) {
    if (from === null || typeof from !== 'object') return from;
    if (Array.isArray(from)) return from.map(value);
    if ('$rows' in from) return rows(from.$rows, from.of);
    if ('$tuples' in from) return tuples(from.$tuples, from.of);
    return Object.fromEntries(Object.entries(from).map(([key, one]) => [key, value(one)]));
  }

  return value(packed.document);
}
