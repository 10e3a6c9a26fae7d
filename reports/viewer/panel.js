// Everything that is known of the selected row or node, beside whatever view is open.
import { h, absent } from './dom.js';
import { duration, bytesText, countText, percent, withInterval, plural, scientific } from './units.js';
import { known, why } from './data.js';
import { sparkline } from './table.js';

const fact = (label, value) => (value === undefined || value === null || value === '' || value === false ? null : h('div', null, h('dt', null, label), h('dd', null, value)));
const list = (...facts) => (facts.flat().some(Boolean) ? h('dl.known', null, facts) : null);
const part = (title, ...content) => (content.flat().some(Boolean) ? h('section', null, h('h3', null, title), content) : null);

function tensorText(tensor, number) {
  if (number < 0) return 'left out';
  if (!tensor) return `tensor ${number}`;
  return [h('span.tensor-name', null, tensor.name || `tensor ${number}`), h('small', null, `${String(tensor.type ?? '').toLowerCase()}[${(tensor.shape ?? []).join(',')}]${known(tensor.bytes) ? ` · ${bytesText(tensor.bytes)}` : ''}${tensor.role && tensor.role !== 'intermediate' ? ` · ${tensor.role}` : ''}`)];
}

function timePart(profile, row) {
  const { op } = row;
  if (!known(row.ns)) return part('Time', absent('no process of this configuration was profiled'));
  const median = known(op.median_low_ns) ? withInterval(op.median_ns, op.median_low_ns, op.median_high_ns) : null;
  return part('Time',
    h('p.big', null, duration(row.ns), h('small', null, profile.totalNs ? `${percent(row.ns / profile.totalNs)} of all operators` : '')),
    h('div.panel-spark', null, sparkline(op.samples_ns, 280, 44)),
    op.samples_ns?.length ? h('small.legend', null, `${plural(op.samples_ns.length, 'inference')}, in order`) : null,
    list(
      median && fact(row.kind === 'kernel' ? 'Median, all inside' : 'Median', [median.middle, ' ', h('small', null, median.interval)]),
      known(op.avg_ns) && fact('Average', duration(op.avg_ns)), known(op.min_ns) && fact('Least, most', `${duration(op.min_ns)}, ${duration(op.max_ns)}`),
      known(op.std_ns) && fact('Standard deviation', duration(op.std_ns)), known(op.first_ns) && fact('First inference', duration(op.first_ns)),
      known(op.wait_ns) ? fact('Waits for threads', [duration(op.wait_ns), h('small', null, ` ${percent(op.wait_ns / (row.ns + op.wait_ns))} of it`)]) : null,
      op.inferences ? fact('Calls an inference', countText(op.calls / op.inferences)) : null));
}

function workPart(profile, row) {
  const { op } = row;
  return part('Work', list(
    known(op.flops) && fact('FLOPs', countText(op.flops)), known(op.macs) && fact('Multiply-adds', countText(op.macs)),
    known(op.bytes) && fact('Bytes moved', bytesText(op.bytes)), known(op.intensity) && fact('FLOPs a byte', op.intensity.toFixed(2)),
    known(op.flops_per_s) && fact('FLOP/s', countText(op.flops_per_s)), known(op.bytes_per_s) && fact('Bytes/s', bytesText(op.bytes_per_s)),
    known(op.mem_bytes) && fact('Output', bytesText(op.mem_bytes)),
    fact('Roof', op.roof && known(op.roof.share) ? `${percent(op.roof.share, 0)} of the ${op.roof.bound} roof` : absent(why(profile.document.roofs, why(op.roof, 'no roof fits this operator'))))));
}

function counterPart(profile, row) {
  return part('Counters', list(
    profile.counterNames.map((name) => fact(name.replaceAll('_', ' '), known(row.op.counters?.[name]) ? countText(row.op.counters[name]) : absent('not counted for this operator'))),
    profile.counterGaps.map((gap) => fact(gap.what, absent(gap.reason)))));
}

function errorPart(profile, row) {
  const error = profile.errorOf(row);
  if (!error) return part('Error', absent(why(profile.document.numerics, 'not compared for this operator')));
  return part('Error', list(
    known(error.snr_db) ? fact('Signal to noise', `${error.snr_db.toFixed(1)} dB`) : error.reason && fact('Signal to noise', absent(error.reason)),
    known(error.max_abs) && fact('Largest difference', scientific(error.max_abs)), known(error.rmse) && fact('Root mean square', scientific(error.rmse)),
    known(error.steps) && fact('Steps', countText(error.steps)), known(error.cosine) && fact('Cosine', error.cosine.toFixed(6))));
}

function placePart(profile, row, node) {
  const partition = profile.partitionOf(row?.partition ?? node?.partition);
  const reason = node?.reason ?? row?.op.reason;
  const runs = row?.delegate || partition?.delegate;
  return part('Where it runs', list(
    fact('Runs on', runs ? `${runs}${partition ? `, partition ${partition.partition} of ${profile.partitions.length}` : ''}` : 'the interpreter'),
    fact('Kernel', row?.op.kernel ?? null),
    reason ? fact('Not delegated because', h('span.reason-text', null, reason)) : null,
    partition?.plan ? fact('Plan', h('span.plan', null, String(partition.plan).slice(0, 400))) : null));
}

function nodePart(profile, node, select) {
  const of = (numbers) => h('ul.tensors', null, (numbers ?? []).map((number) => h('li', null, tensorText(profile.tensorOf(node.subgraph, number), number))));
  const neighbours = profile.neighboursOf(node);
  return [
    part('Takes', of(node.inputs)),
    part('Gives', of(node.outputs)),
    part('In the graph', list(
      neighbours.before.length ? fact('Before', neighbours.before.slice(0, 6).map((one) => h('button.link', { type: 'button', onclick: () => select(one) }, `${one.node} ${one.type}`))) : null,
      neighbours.after.length ? fact('After', neighbours.after.slice(0, 6).map((one) => h('button.link', { type: 'button', onclick: () => select(one) }, `${one.node} ${one.type}`))) : null)),
  ];
}

function arenaPart(profile, node) {
  if (!node) return null;
  const tensor = profile.tensorOf(node.subgraph, node.outputs?.[0]);
  if (!tensor?.arena) return null;
  const { offset, bytes, first, last } = tensor.arena;
  return part('Arena', list(fact('Offset', whole16(offset)), fact('Size', bytesText(bytes)), fact('Lives', `step ${first} to ${last}`)));
}

const whole16 = (offset) => `${bytesText(offset)} (0x${offset.toString(16)})`;

// The panel's content for a selection { row, node }; nodes carry links to their neighbours.
export function describeSelection(profile, { row, node }, select) {
  const first = node ?? (row ? profile.nodesOf(row)[0] : undefined);
  const title = row?.type ?? node.type;
  const nodes = row && row.covers.length > 1 && row.kind !== 'kernel' ? row.covers : null;
  const where = row?.kind === 'kernel' ? `kernel of a delegate, ${plural(row.covers.length, 'node')}` : first ? `node ${first.node}${first.subgraph ? ` of subgraph ${first.subgraph}` : ''}` : row?.kind;
  return [
    h('header', null, h('p.kicker', null, where), h('h2', { id: 'panel-title' }, title), h('p.panel-name', null, row?.name || profile.nameOf(first ?? {}) || 'unnamed')),
    nodes ? h('p.footnote', null, `One step for nodes ${nodes.slice(0, 12).join(', ')}${nodes.length > 12 ? '…' : ''}: the time is theirs together. A share of it for one of them would be modelled.`) : null,
    row ? timePart(profile, row) : part('Time', absent('this node has no row of its own in the profile')),
    placePart(profile, row, first),
    row ? workPart(profile, row) : null,
    row?.works ? errorPart(profile, row) : null,
    row ? counterPart(profile, row) : null,
    first && row?.kind !== 'kernel' ? nodePart(profile, first, select) : null,
    row?.kind !== 'kernel' ? arenaPart(profile, first) : null,
  ];
}
