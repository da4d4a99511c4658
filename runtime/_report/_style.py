"""How a report looks: two themes of one set of names; text has a contrast of 4.5 and more, marks of 3 and more."""

from typing import Final

__all__ = ["STYLE"]

STYLE: Final = """\
:root{color-scheme:light dark;--page:#f4f6f8;--card:#fff;--ink:#161a1f;--soft:#4a5460;--line:#d5dbe3;--mark:#1f5fbf;
--wave:#5a7fae;--found:#0a7350;--found-soft:#0a735024;--bad:#b3261e;--warn:#8a5200;--good:#0a6b46}
@media (prefers-color-scheme:dark){:root{--page:#0f1216;--card:#171b21;--ink:#e8ebf0;--soft:#aab4c1;--line:#303844;
--mark:#7fb2ff;--wave:#7396c8;--found:#4cc38a;--found-soft:#4cc38a30;--bad:#ff8f85;--warn:#f0b45a;--good:#5fd39b}
.graph svg>rect{fill:none}.graph g>rect{fill:#222933;stroke:var(--soft)}.graph path{stroke:var(--soft)}
.graph marker path{fill:var(--soft)}.graph text{fill:var(--ink)}.graph text[fill]{fill:var(--soft)}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header,main,footer{max-width:1400px;margin:0 auto;padding:0 24px}
header{padding-top:28px}footer{padding-bottom:40px;color:var(--soft);font-size:13px}
h1{font-size:26px;line-height:1.25;margin:0;overflow-wrap:anywhere}h2{font-size:18px;margin:0 0 12px}
h3{font-size:14px;margin:0 0 4px;overflow-wrap:anywhere}
p{margin:0 0 10px}.soft{color:var(--soft)}.small{font-size:13px}
code,pre,.mono{font-family:ui-monospace,monospace;font-size:13px}code{overflow-wrap:anywhere}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin:16px 0}
.badge{display:inline-block;border:1.5px solid currentColor;border-radius:99px;padding:1px 12px;font-weight:600;
font-size:14px;vertical-align:3px;margin-left:10px}
.done{color:var(--good)}.failed,.error{color:var(--bad)}.interrupted,.warning{color:var(--warn)}
dl.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:14px;margin:18px 0 0}
dl.figures div{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:10px 14px}
dt{color:var(--soft);font-size:13px}dd{margin:0}dl.figures dd{font-size:21px;font-variant-numeric:tabular-nums}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0}dl.facts dd{overflow-wrap:anywhere}
.scroll{overflow-x:auto}.scroll:focus-visible,summary:focus-visible,a:focus-visible{outline:2px solid var(--mark);
outline-offset:2px}
.scroll+.scroll,.scroll+h3,.scroll+dl,.scroll+p{margin-top:20px}.tall{max-height:420px;overflow:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
caption{text-align:left;color:var(--soft);font-size:13px;padding-bottom:6px}
th,td{padding:5px 14px 5px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600;font-size:13px;white-space:nowrap}
tbody th{font-weight:600;overflow-wrap:anywhere}
th.n:first-child{width:1%;padding-right:28px}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tbody tr:last-child>*{border-bottom:0}
pre{background:var(--page);border:1px solid var(--line);border-radius:6px;padding:10px 12px;overflow:auto;margin:8px 0;
white-space:pre-wrap;overflow-wrap:anywhere}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:18px}
details{margin-top:12px}summary{cursor:pointer;color:var(--mark)}
svg{display:block}svg.wide{width:100%;min-width:720px;height:auto}
svg text{font-family:system-ui,sans-serif;font-size:12px;fill:var(--soft)}
.axis{stroke:var(--line);stroke-width:1}.base{stroke:var(--soft);stroke-width:1}
.bar{fill:var(--mark)}.wave{fill:var(--wave)}.trace{fill:none;stroke:var(--mark);stroke-width:1.5}
.area{fill:var(--mark);fill-opacity:.22}.found{fill:var(--found)}.shade{fill:var(--found-soft)}
.rule{stroke:var(--ink);stroke-width:1;stroke-dasharray:3 3}
ol.stages{list-style:none;display:flex;gap:2px;padding:0;margin:0 0 12px}
@media print{body{background:#fff}section{break-inside:avoid}}
"""
