/** Light and dark by the reader's system; ours in the one strong colour, everybody else in grey. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#fbfbfa, #15171a); --card: light-dark(#fff, #1c1f23); --line: light-dark(#e3e4e6, #32363c);
  --ink: light-dark(#1b1d20, #e8eaed); --faint: light-dark(#63676e, #9aa0a8);
  --zygo: light-dark(#1f5fd6, #78aaff); --peer: light-dark(#7b8089, #a3a9b2); --warn: light-dark(#9a5b00, #f0b45a);
  --queue: light-dark(#8a63c7, #b394e8); --start: light-dark(#1f5fd6, #78aaff); --init: light-dark(#d9822b, #f0a45a);
  --handler: light-dark(#26875c, #5cc596); --rest: light-dark(#b6bac1, #5d636c);
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 980px; padding: 40px 20px 80px; background: var(--page); color: var(--ink);
  font: 15px/1.55 system-ui, sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 44px 0 4px; }
p { margin: 0 0 12px; max-width: 76ch; } .faint-text, dt { color: var(--faint); }
figure { margin: 14px 0 0; padding: 14px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; }
svg { display: block; width: 100%; min-width: 680px; height: auto; font: 13px system-ui, sans-serif; fill: var(--ink); }
.faint { fill: var(--faint); font-size: 12px; } .middle { text-anchor: middle; } .end { text-anchor: end; }
.grid { stroke: var(--line); } .value { font-weight: 600; font-variant-numeric: tabular-nums; }
.zygo .label { fill: var(--zygo); font-weight: 600; }
.zygo .dots, .zygo .bar { fill: var(--zygo); } .peer .dots, .peer .bar { fill: var(--peer); } .dots { fill-opacity: .5; }
.median { stroke: var(--ink); stroke-width: 2.5; } .tail { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 2 2; }
.phase-queue { fill: var(--queue); } .phase-start { fill: var(--start); } .phase-init { fill: var(--init); }
.phase-handler { fill: var(--handler); } .phase-rest { fill: var(--rest); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(135px, 1fr)); gap: 12px; margin: 24px 0 0; }
.tile { padding: 12px 14px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.tile b { display: block; font-size: 24px; line-height: 1.25; font-variant-numeric: tabular-nums; } .tile span { color: var(--faint); font-size: 13px; }
.mind { margin: 24px 0 0; padding: 12px 16px; border-left: 3px solid var(--warn); background: var(--card); } .mind ul { margin: 4px 0 0; padding-left: 20px; }
.reached td:last-child { color: var(--handler); font-weight: 600; } .missed td:last-child { color: var(--warn); font-weight: 600; }
.mark.zygo circle { fill: var(--zygo); } .mark.peer circle { fill: var(--peer); }
figcaption { color: var(--faint); font-size: 13px; margin: 0 0 8px; }
.curve polyline { fill: none; stroke-width: 2.5; stroke-linejoin: round; } .curve.zygo polyline { stroke: var(--zygo); } .curve.zygo circle { fill: var(--zygo); }
.curve.peer polyline { stroke: var(--peer); stroke-dasharray: 5 4; } .curve.peer circle { fill: var(--peer); }
.curve.zygo.curve-1 polyline { stroke: var(--init); } .curve.zygo.curve-1 circle { fill: var(--init); } .curve.zygo.curve-1 .label { fill: var(--init); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; margin: 14px 0 0; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 10px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--faint); font-weight: 500; } th:first-child, td:first-child { text-align: left; padding-left: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin: 14px 0 0; } dd { margin: 0; }
`;
