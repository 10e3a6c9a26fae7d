// Layered drawing of a directed graph after Sugiyama, Tagawa and Toda (1981): ranks, dummies on
// long edges, fewer crossings by medians, coordinates after Brandes and Köpf (2002). Every stage
// is linear in nodes and edges but for the sorting within a rank, so that 20,000 nodes are laid
// out while one waits; drawing that many is another matter, and the graph view groups them.

// Nodes on a cycle are left where a depth-first search enters it: edges that point back are turned.
function turnBackEdges(n, edges) {
  const out = lists(n, edges, 0);
  const mark = new Uint8Array(n); // 1 on the path, 2 done
  const turned = new Uint8Array(edges.length);
  const next = new Uint32Array(n);
  for (let root = 0; root < n; root++) {
    if (mark[root]) continue;
    const path = [root];
    mark[root] = 1;
    while (path.length) {
      const v = path[path.length - 1];
      if (next[v] < out[v].length) {
        const e = out[v][next[v]++];
        const w = edges[e][1];
        if (mark[w] === 1) turned[e] = 1;
        else if (!mark[w]) { mark[w] = 1; path.push(w); }
      } else {
        mark[v] = 2;
        path.pop();
      }
    }
  }
  return edges.map(([a, b], e) => (turned[e] ? [b, a] : [a, b]));
}

function lists(n, edges, end) {
  const result = Array.from({ length: n }, () => []);
  edges.forEach((edge, e) => result[edge[end]].push(e));
  return result;
}

// Longest path from the sources; then what only feeds others moves down to them.
function assignRanks(n, edges) {
  const out = lists(n, edges, 0);
  const degree = new Uint32Array(n);
  for (const [, b] of edges) degree[b]++;
  const rank = new Int32Array(n);
  const queue = [];
  for (let v = 0; v < n; v++) if (!degree[v]) queue.push(v);
  const hasInput = degree.slice();
  for (let i = 0; i < queue.length; i++) {
    for (const e of out[queue[i]]) {
      const w = edges[e][1];
      rank[w] = Math.max(rank[w], rank[queue[i]] + 1);
      if (--degree[w] === 0) queue.push(w);
    }
  }
  for (let i = queue.length - 1; i >= 0; i--) {
    const v = queue[i];
    if (hasInput[v] || !out[v].length) continue;
    rank[v] = Math.min(...out[v].map((e) => rank[edges[e][1]])) - 1;
  }
  return rank;
}

function crossingsBetween(upper, lower, position, down) {
  // Pairs out of order among the lower ends, by a Fenwick tree.
  const tree = new Int32Array(lower.length + 1);
  let count = 0, seen = 0;
  for (const v of upper) {
    const ends = down[v].map((w) => position[w]).sort((a, b) => a - b);
    for (const end of ends) {
      let smaller = 0;
      for (let i = end + 1; i > 0; i -= i & -i) smaller += tree[i];
      count += seen - smaller;
    }
    for (const end of ends) {
      for (let i = end + 1; i <= lower.length; i += i & -i) tree[i]++;
      seen++;
    }
  }
  return count;
}

function orderLayers(layers, up, down, sweeps) {
  const position = new Int32Array(up.length);
  const place = (layer) => layer.forEach((v, i) => { position[v] = i; });
  layers.forEach(place);
  const total = () => {
    let sum = 0;
    for (let r = 0; r + 1 < layers.length; r++) sum += crossingsBetween(layers[r], layers[r + 1], position, down);
    return sum;
  };
  let best = layers.map((layer) => layer.slice());
  let fewest = total();
  for (let sweep = 0; sweep < sweeps && fewest > 0; sweep++) {
    const downward = sweep % 2 === 0;
    const near = downward ? up : down;
    for (let k = 1; k < layers.length; k++) {
      const layer = layers[downward ? k : layers.length - 1 - k];
      const weight = new Map(layer.map((v) => {
        const ends = near[v].map((w) => position[w]).sort((a, b) => a - b);
        if (!ends.length) return [v, position[v]];
        const m = ends.length >> 1;
        return [v, ends.length % 2 ? ends[m] : (ends[m - 1] + ends[m]) / 2];
      }));
      layer.sort((a, b) => weight.get(a) - weight.get(b) || position[a] - position[b]);
      place(layer);
    }
    const now = total();
    if (now < fewest) {
      fewest = now;
      best = layers.map((layer) => layer.slice());
    }
  }
  best.forEach((layer, r) => { layers[r] = layer; place(layer); });
  return position;
}

// One of the four alignments of Brandes and Köpf. `mirror` reverses left and right, `flip` top and
// bottom; the caller undoes the mirror.
function alignOnce(layers, position, up, isDummy, width, gap, flip, mirror, bad) {
  const n = up.length;
  const root = Int32Array.from({ length: n }, (_, i) => i);
  const align = Int32Array.from({ length: n }, (_, i) => i);
  const order = (flip ? [...layers].reverse() : layers).map((layer) => (mirror ? [...layer].reverse() : layer));
  const at = (v, size) => (mirror ? size - 1 - position[v] : position[v]);
  for (let r = 1; r < order.length; r++) {
    let last = -1;
    const size = order[r - 1].length;
    for (const v of order[r]) {
      const ends = up[v].slice().sort((a, b) => at(a, size) - at(b, size));
      if (!ends.length) continue;
      const middle = (ends.length - 1) / 2;
      for (const m of [Math.floor(middle), Math.ceil(middle)]) {
        const u = ends[m];
        if (align[v] !== v || last >= at(u, size)) continue;
        if (bad.has(flip ? v * n + u : u * n + v)) continue;
        align[u] = v;
        root[v] = root[u];
        align[v] = root[v];
        last = at(u, size);
      }
    }
  }
  // Blocks are compacted along the graph "left neighbour of a member -> block"; it has no cycle.
  const x = new Float64Array(n);
  const before = new Map();
  const indegree = new Int32Array(n);
  const follow = Array.from({ length: n }, () => null);
  for (const layer of order) {
    for (let i = 1; i < layer.length; i++) {
      const a = root[layer[i - 1]], b = root[layer[i]];
      const space = (width[layer[i - 1]] + width[layer[i]]) / 2
        + (isDummy[layer[i - 1]] && isDummy[layer[i]] ? gap / 2 : gap);
      (follow[a] ??= []).push([b, space]);
      indegree[b]++;
    }
  }
  const queue = [];
  for (let v = 0; v < n; v++) if (root[v] === v && !indegree[v]) queue.push(v);
  const sequence = [];
  for (let i = 0; i < queue.length; i++) {
    const v = queue[i];
    sequence.push(v);
    for (const [w, space] of follow[v] ?? []) {
      x[w] = Math.max(x[w], x[v] + space);
      if (--indegree[w] === 0) queue.push(w);
    }
  }
  // What hangs at the left without need moves right, as far as its neighbours let it.
  for (let i = sequence.length - 1; i >= 0; i--) {
    const v = sequence[i];
    if (!follow[v] || before.has(v)) continue;
    const limit = Math.min(...follow[v].map(([w, space]) => x[w] - space));
    if (x[v] === 0 && limit > 0 && Number.isFinite(limit)) x[v] = limit;
  }
  for (let v = 0; v < n; v++) x[v] = x[root[v]];
  if (mirror) for (let v = 0; v < n; v++) x[v] = -x[v];
  return x;
}

// Crossings of an edge with an inner part of a long edge: the long edge stays straight.
function badSegments(layers, position, up, isDummy) {
  const n = up.length;
  const bad = new Set();
  for (let r = 1; r < layers.length; r++) {
    let k0 = 0, from = 0;
    const layer = layers[r];
    for (let l = 0; l < layer.length; l++) {
      const v = layer[l];
      const inner = isDummy[v] ? up[v].find((u) => isDummy[u]) : undefined;
      if (l !== layer.length - 1 && inner === undefined) continue;
      const k1 = inner === undefined ? layers[r - 1].length - 1 : position[inner];
      for (; from <= l; from++) {
        for (const u of up[layer[from]])
          if ((position[u] < k0 || position[u] > k1) && !(isDummy[u] && isDummy[layer[from]])) bad.add(u * n + layer[from]);
      }
      k0 = k1;
    }
  }
  return bad;
}

function placeX(layers, position, up, down, isDummy, width, gap) {
  const bad = badSegments(layers, position, up, isDummy);
  const all = [];
  for (const flip of [false, true])
    for (const mirror of [false, true])
      all.push(alignOnce(layers, position, flip ? down : up, isDummy, width, gap, flip, mirror, bad));
  const extent = all.map((x) => {
    let low = Infinity, high = -Infinity;
    for (let v = 0; v < x.length; v++) {
      low = Math.min(low, x[v] - width[v] / 2);
      high = Math.max(high, x[v] + width[v] / 2);
    }
    return [low, high];
  });
  const narrow = extent.reduce((best, [low, high], i) => (high - low < extent[best][1] - extent[best][0] ? i : best), 0);
  // Left-aligned ones meet at the narrowest's left edge, mirrored ones at its right.
  const shift = extent.map(([low, high], i) => (i % 2 ? extent[narrow][1] - high : extent[narrow][0] - low));
  const x = new Float64Array(up.length);
  for (let v = 0; v < x.length; v++) {
    const four = all.map((one, i) => one[v] + shift[i]).sort((a, b) => a - b);
    x[v] = (four[1] + four[2]) / 2;
  }
  return x;
}

// nodes: [{ width, height }], edges: [[from, to], ...]. Returns { nodes: [{ x, y, rank }], edges:
// [[[x, y], ...], ...] in the order given, width, height }: x, y are middles.
export function layered(nodes, edges, { gap = 24, rankGap = 40, sweeps = 12, mostDummies = 60000 } = {}) {
  const n = nodes.length;
  if (!n) return { nodes: [], edges: [], width: 0, height: 0 };
  const forward = turnBackEdges(n, edges);
  const rank = assignRanks(n, forward);
  let dummies = 0;
  for (const [a, b] of forward) dummies += Math.max(0, rank[b] - rank[a] - 1);
  const withDummies = dummies <= mostDummies;
  const ranks = Math.max(...rank) + 1;
  const width = nodes.map((node) => node.width);
  const isDummy = new Array(n).fill(false);
  const layers = Array.from({ length: ranks }, () => []);
  for (let v = 0; v < n; v++) layers[rank[v]].push(v);
  const up = Array.from({ length: n }, () => []);
  const down = Array.from({ length: n }, () => []);
  const routes = forward.map(([a, b]) => {
    if (a === b || rank[b] <= rank[a]) return [];
    if (!withDummies && rank[b] - rank[a] > 1) return [];
    const route = [];
    let before = a;
    for (let r = rank[a] + 1; r < rank[b]; r++) {
      const d = width.length;
      width.push(4);
      isDummy.push(true);
      up.push([before]);
      down.push([]);
      down[before].push(d);
      layers[r].push(d);
      route.push(d);
      before = d;
    }
    down[before].push(b);
    up[b].push(before);
    return route;
  });
  const position = orderLayers(layers, up, down, width.length > 20000 ? 4 : sweeps);
  const x = placeX(layers, position, up, down, isDummy, width, gap);
  let low = Infinity, high = -Infinity;
  for (let v = 0; v < x.length; v++) {
    low = Math.min(low, x[v] - width[v] / 2);
    high = Math.max(high, x[v] + width[v] / 2);
  }
  const y = [];
  let top = 0;
  for (const layer of layers) {
    const tall = layer.reduce((most, v) => Math.max(most, v < n ? nodes[v].height : 0), 0);
    y.push(top + tall / 2);
    top += tall + rankGap;
  }
  const point = (v, r) => [x[v] - low, y[r]];
  return {
    nodes: nodes.map((node, v) => ({ x: x[v] - low, y: y[rank[v]], rank: rank[v] })),
    edges: edges.map((edge, e) => {
      const [a, b] = forward[e];
      const inner = routes[e].map((d, i) => point(d, rank[a] + 1 + i));
      const path = [
        [x[a] - low, y[rank[a]] + nodes[a].height / 2], ...inner,
        [x[b] - low, y[rank[b]] - nodes[b].height / 2]];
      return edge[0] === a ? path : path.reverse();
    }),
    width: high - low,
    height: top - rankGap,
  };
}

// A long narrow drawing folded into columns side by side, read as newspaper columns are: as many as
// it takes to fit into `room` ([width, height]), and no more than fit beside each other. `folded`
// tells which edges go from column to column.
export function foldColumns(drawing, nodes, edges, room, gap = 64) {
  const ranks = rankExtents(drawing, nodes, edges);
  for (let count = Math.ceil(drawing.height / room[1]); count > 1; count--) {
    const starts = chooseCuts(ranks, drawing.height, count);
    if (starts.length !== count) continue;
    const columns = columnExtents(drawing, nodes, ranks, starts);
    const width = columns.reduce((sum, column) => sum + column.right - column.left, gap * (count - 1));
    if (width <= room[0]) return foldAt(drawing, ranks, starts, columns, width, gap);
  }
  return { ...drawing, folded: drawing.edges.map(() => false) };
}

function rankExtents(drawing, nodes, edges) {
  const ranks = [];
  drawing.nodes.forEach((node, v) => {
    const rank = (ranks[node.rank] ??= { top: Infinity, bottom: -Infinity, crossing: 0 });
    rank.top = Math.min(rank.top, node.y - nodes[v].height / 2);
    rank.bottom = Math.max(rank.bottom, node.y + nodes[v].height / 2);
  });
  const change = new Int32Array(ranks.length + 1);
  for (const [a, b] of edges) {
    const [low, high] = [drawing.nodes[a].rank, drawing.nodes[b].rank].sort((x, y) => x - y);
    change[low + 1]++;
    change[high + 1]--;
  }
  for (let r = 0, open = 0; r < ranks.length; r++) {
    open += change[r];
    if (ranks[r]) ranks[r].crossing = open; // edges that cross the cut before rank r
  }
  return ranks;
}

// Cuts near equal heights, where the fewest edges cross.
function chooseCuts(ranks, height, count) {
  const starts = [0];
  for (let c = 1; c < count; c++) {
    const wanted = (height * c) / count;
    let best = -1, cost = Infinity;
    for (let r = starts[c - 1] + 1; r < ranks.length; r++) {
      if (!ranks[r]) continue;
      const off = Math.abs(ranks[r].top - wanted) / (height / count);
      if (off > 0.25) continue;
      const price = ranks[r].crossing + 8 * off;
      if (price < cost) { cost = price; best = r; }
    }
    if (best < 0) return starts;
    starts.push(best);
  }
  return starts;
}

const columnOfRank = (starts, rank) => { let c = 0; while (c + 1 < starts.length && rank >= starts[c + 1]) c++; return c; };

// How far each column reaches, its edges' bends included.
function columnExtents(drawing, nodes, ranks, starts) {
  const columns = starts.map((r, c) => ({ left: Infinity, right: -Infinity, top: ranks[r].top, end: ranks[starts[c + 1]]?.top ?? Infinity }));
  const widen = (column, left, right) => {
    column.left = Math.min(column.left, left);
    column.right = Math.max(column.right, right);
  };
  drawing.nodes.forEach((node, v) => widen(columns[columnOfRank(starts, node.rank)], node.x - nodes[v].width / 2, node.x + nodes[v].width / 2));
  for (const path of drawing.edges)
    for (const [x, y] of path) widen(columns.find((column) => y < column.end - 1), x - 6, x + 6);
  return columns;
}

function foldAt(drawing, ranks, starts, columns, width, gap) {
  let at = 0;
  for (const column of columns) {
    column.shift = at - column.left;
    at += column.right - column.left + gap;
  }
  const columnOf = (y) => columns.findIndex((column) => y < column.end - 1);
  const height = Math.max(...columns.map((column) => Math.min(column.end, drawing.height) - column.top));
  const move = ([x, y], c = columnOf(y)) => [x + columns[c].shift, y - columns[c].top];
  const fold = (path) => {
    const points = [];
    path.forEach((point, i) => {
      const c = columnOf(point[1]);
      if (i && c > columnOf(path[i - 1][1])) {
        const [x] = points[points.length - 1];
        const lane = columns[c].left + columns[c].shift - gap / 2;
        const [next] = move(point, c);
        points.push([x, height + 14], [lane, height + 14], [lane, -14], [next, -14]);
      }
      points.push(move(point, c));
    });
    return points;
  };
  const folded = drawing.edges.map((path) => path.length > 0 && columnOf(path[0][1]) !== columnOf(path[path.length - 1][1]));
  return {
    folded,
    nodes: drawing.nodes.map((node) => {
      const [x, y] = move([node.x, node.y], columnOfRank(starts, node.rank));
      return { ...node, x, y };
    }),
    edges: drawing.edges.map((path, e) => (folded[e] ? fold(path) : path.map((point) => move(point)))),
    width,
    height,
  };
}
