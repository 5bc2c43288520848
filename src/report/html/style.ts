/**
 * The page's style. Signs and patterns, not only colors, show what happens to a panel, for readers who can't tell green
 * from red. A unit of Grafana's grid is `--unit` high.
 */
export const STYLE = `
:root{color-scheme:light dark;--unit:18px;--small:12px;--note:12.5px;
--page:light-dark(#f4f5f7,#111217);--card:light-dark(#fff,#181b1f);--sunk:light-dark(#eef0f3,#0d0e12);--line:light-dark(#d8dbe2,#2c3038);
--text:light-dark(#1c2027,#d8d9da);--dim:light-dark(#5d6570,#9197a3);--link:light-dark(#1f5fc4,#79a8ff);
--added:light-dark(#00705a,#3ecfae);--added-bg:light-dark(#dff5ee,#0f2e28);
--changed:light-dark(#935100,#f2b035);--changed-bg:light-dark(#fff1d6,#33260c);
--removed:light-dark(#b3243b,#ff7b8a);--removed-bg:light-dark(#fde5e8,#35151b);
--moved:light-dark(#4a4ec4,#9fa6ff);--moved-bg:light-dark(#ecedfc,#1e2040)}
[data-theme=light]{color-scheme:light}[data-theme=dark]{color-scheme:dark}
*{box-sizing:border-box}
[hidden]{display:none!important}
html{scroll-padding-top:4.5rem}
body{margin:0;background:var(--page);color:var(--text);font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
code,pre,kbd,ins,del,mark,.diff{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
small{font-size:var(--small);color:var(--dim)}
a{color:var(--link)}
button{font:inherit;color:inherit}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
h1,h2,h3,h4,p{margin:0}
ul,dl{margin:0;padding:0;list-style:none}dd{margin:0}
.shapes{position:absolute;width:0;height:0}
.skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;z-index:9;background:var(--card);padding:8px}

.bar{position:sticky;top:0;z-index:3;display:flex;flex-wrap:wrap;gap:6px 18px;align-items:center;padding:8px max(16px,calc((100vw - 1640px)/2));background:var(--card);border-bottom:1px solid var(--line)}
.bar strong{max-width:16rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.switch{display:flex;border:1px solid var(--line);border-radius:7px;margin:0;padding:2px;background:var(--sunk)}
.switch legend,.switch input{position:absolute;opacity:0;pointer-events:none;width:1px;height:1px;overflow:hidden}
.switch span{display:block;padding:2px 13px;border-radius:5px;cursor:pointer}
.switch input:checked+span{background:var(--card);box-shadow:0 0 0 1px var(--line);font-weight:600}
.switch input:focus-visible+span{outline:2px solid var(--link)}
.legend{display:flex;flex-wrap:wrap;gap:4px 14px;margin-left:auto;font-size:var(--small);color:var(--dim)}
.legend span::before{display:inline-block;vertical-align:middle;width:17px;height:17px;line-height:15px;margin-right:5px;text-align:center;border-radius:3px;border:1px solid}
.theme{border:1px solid var(--line);border-radius:7px;background:none;width:32px;height:30px;cursor:pointer}

main{max-width:1640px;margin:auto;padding:22px 16px 60px}
h1{font-size:25px;line-height:1.25;font-weight:650;letter-spacing:-.01em}
h1 small{font-size:14px;font-weight:400;margin-left:12px;letter-spacing:0}
.target{color:var(--dim);margin-top:2px}
main section>h2{font-size:13px;text-transform:uppercase;letter-spacing:.06em;color:var(--dim);margin:34px 0 10px}
.top{display:flex;flex-wrap:wrap;gap:12px;margin-top:16px;align-items:start}
.risks{flex:3 1 26rem;padding:12px 16px 13px;border:1px solid var(--line);border-left:5px solid var(--removed);border-radius:8px;background:var(--card)}
.risks h2{margin:0 0 6px!important;color:var(--text)!important;font-size:15px!important;text-transform:none!important;letter-spacing:0!important}
.risks li{padding:2px 0 2px 27px;position:relative}
.risks li::before{position:absolute;left:0;top:3px;width:19px;height:19px;line-height:19px;text-align:center;border-radius:50%;font-size:var(--small);font-weight:700;color:var(--card)}
.risks .loss::before{content:"✕" / "loss";background:var(--removed)}
.risks .change::before{content:"!" / "change";background:var(--changed);border-radius:4px}
.risks a{font-weight:600}
.overview{flex:2 1 22rem;padding:11px 16px;border:1px solid var(--line);border-radius:8px;background:var(--card);max-height:60vh;overflow:auto}
.overview summary{cursor:pointer;color:var(--dim)}
.overview ul{columns:24rem;column-gap:28px;margin-top:6px}
.overview li{break-inside:avoid;padding:1px 0}

.added{--s:var(--added);--b:var(--added-bg)}.changed{--s:var(--changed);--b:var(--changed-bg)}
.removed{--s:var(--removed);--b:var(--removed-bg)}.moved{--s:var(--moved);--b:var(--moved-bg)}
.same,.left{--s:var(--dim);--b:var(--sunk)}
.sign{display:inline-block;min-width:19px;height:19px;line-height:18px;margin-right:7px;border-radius:4px;text-align:center;font:700 13px/19px ui-monospace,Menlo,Consolas,monospace;color:var(--card);background:var(--s);vertical-align:1px}
.added>.sign::before,.added>h3>.sign::before,.added>header .sign::before,.added>h4>.sign::before{content:"+" / "added"}
.changed>.sign::before,.changed>header .sign::before,.changed>h4>.sign::before{content:"~" / "changed"}
.removed>.sign::before,.removed>header .sign::before,.removed>h4>.sign::before{content:"−" / "removed"}
.moved>.sign::before,.moved>h4>.sign::before{content:"↕" / "moved"}
.left>.sign::before,.left>header .sign::before{content:"!" / "not applied"}
.legend span::before{color:var(--s);border-color:var(--s);background:var(--b)}
.legend .added::before{content:"+"}.legend .changed::before{content:"~"}.legend .removed::before{content:"−"}.legend .moved::before{content:"↕"}.legend .same::before{content:""}
.legend .moved::before{border-style:dashed}.legend .same{--s:var(--line)}

.card{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:0 0 18px;padding:14px 16px}
.many .card{content-visibility:auto;contain-intrinsic-size:auto 700px}
.card>header{margin-bottom:10px}.card>header:last-child{margin:0}
.card h3{font-size:17px;line-height:1.35;font-weight:620}
.card h3 .action{margin-left:6px;font-size:var(--small);font-weight:500;color:var(--s)}
.card>header p{color:var(--dim);font-size:var(--note)}
.card .note{margin-top:6px;padding:6px 10px;border-radius:6px;background:var(--sunk);color:var(--text)!important}
.facts{color:var(--dim);font-size:var(--note)}
.figures{display:flex;flex-wrap:wrap;gap:6px;margin-bottom:9px}
.figure{display:inline-block;padding:0 9px;border-radius:20px;font-size:var(--small);font-weight:600;color:var(--s);background:var(--b);border:1px solid var(--s)}
.others{margin-bottom:10px}
.others h4,.side h4{font-size:var(--small);font-weight:600;text-transform:uppercase;letter-spacing:.06em;color:var(--dim)}
.changes{columns:26rem;column-gap:24px;margin-bottom:12px}
.changes>li{break-inside:avoid;position:relative;padding:1px 0 1px 23px}
.changes>li::before,.diff>li::before{position:absolute;left:0;top:2px;width:17px;text-align:center;font:700 13px/19px ui-monospace,Menlo,monospace;color:var(--s)}
.changes>.added::before,.diff>.added::before{content:"+" / "added"}.changes>.changed::before,.diff>.changed::before{content:"~" / "changed"}
.changes>.removed::before,.diff>.removed::before{content:"−" / "removed"}.changes>.moved::before,.diff>.moved::before{content:"↕" / "moved"}
.changes>li>b:first-child{margin-left:14px}.changes summary{cursor:pointer}
.changes summary:hover{background:var(--sunk)}
.diff{font-size:var(--note);margin:4px 0 6px}
.diff>li{position:relative;padding:2px 0 2px 23px;white-space:pre-wrap}
.diff b{font:600 var(--note)/1.5 system-ui,sans-serif;margin-right:2px}
ins,del{text-decoration:none;display:block;padding:1px 7px 1px 20px;border-radius:3px;position:relative;white-space:pre-wrap;max-height:24em;overflow:auto}
.context,.omitted{display:block;padding:1px 7px 1px 20px;color:var(--dim);white-space:pre-wrap}
ins{background:var(--added-bg)}del{background:var(--removed-bg)}
ins::before,del::before{position:absolute;left:6px;font-weight:700}
ins::before{content:"+" / "after";color:var(--added)}del::before{content:"−" / "before";color:var(--removed)}
mark{background:none;color:inherit;font-weight:700;border-radius:2px;text-decoration:underline 2px;text-underline-offset:3px}
ins mark{color:var(--added)}del mark{color:var(--removed)}

.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(300px,100%),1fr));gap:10px;margin:6px 0 8px}
.pictures figure{margin:0;min-width:0}
.pictures figcaption{color:var(--dim);font-size:var(--small);margin-bottom:3px}
.pictures img{display:block;max-width:100%;height:auto;border:1px solid var(--line);border-radius:4px}

.sides{display:grid;grid-template-columns:1fr 1fr;gap:18px}
.sides>*{min-width:0}
.side h4{margin-bottom:5px}
[data-side=before] .side.after,[data-side=after] .side.before{display:none}
[data-side=before] .sides,[data-side=after] .sides{grid-template-columns:1fr}
[data-side=both] .sides.only{grid-template-columns:1fr}[data-side=both] .only .side:has(.none){display:none}
.none{color:var(--dim);padding:20px;border:1px dashed var(--line);border-radius:6px;text-align:center}
.grid{display:grid;grid-template-columns:repeat(24,minmax(0,1fr));grid-auto-rows:var(--unit);background:var(--sunk);border-radius:5px}
.p{position:relative;display:flex;flex-direction:column;align-items:stretch;min-width:0;margin:2px;padding:4px 7px;overflow:hidden;text-align:left;background:var(--b);border:1.5px solid var(--s);border-radius:4px;cursor:pointer;font-size:var(--small);line-height:1.3}
.p b{font-weight:600;hyphens:auto;padding-right:15px;flex:none;max-height:2.6em;overflow:hidden}
.p small{font-size:var(--small);line-height:1.35;flex:none;color:var(--text)}
.p code{font-size:var(--small);line-height:1.4;display:block;margin-top:2px;word-break:break-all;color:var(--text);max-height:4.2em;overflow:hidden;flex:none}
.p code i,.query i,.facts code i{font-style:normal;font-weight:700;color:var(--s)}
.p svg{flex:1 1 0;min-height:0;width:100%;margin-top:4px;fill:none;stroke:var(--s);stroke-width:1.5;opacity:.33;vector-effect:non-scaling-stroke}
.shapes path{vector-effect:non-scaling-stroke}
.p::after{position:absolute;right:4px;top:4px;min-width:15px;height:15px;padding:0 2px;border-radius:3px;text-align:center;font:700 var(--small)/15px ui-monospace,Menlo,monospace;color:var(--card);background:var(--s)}
.p.added::after{content:"+" / "added"}.p.changed::after{content:"~" / "changed"}.p.removed::after{content:"−" / "removed"}.p.moved::after{content:"↕" / "moved"}
.p.added{border-width:2.5px}
.p.changed{border-left-width:6px}
.p.removed{background:repeating-linear-gradient(-45deg,var(--b) 0 7px,color-mix(in srgb,var(--b),var(--s) 16%) 7px 9px)}
.p.removed b{text-decoration:line-through}
.p.moved{border-style:dashed;background:var(--card)}
.p.pushed{border-color:color-mix(in srgb,var(--s),transparent 45%)}.p.pushed>*{opacity:.6}.p.pushed svg{opacity:.2}.p.pushed::after{background:none;color:var(--s)}
.p.same{background:var(--card);border:1px solid var(--line)}
.p.same>*{opacity:.55}.p.same svg{opacity:.2}
.p.row{padding:0 7px;flex-direction:row;gap:8px;align-items:center;border-radius:3px;white-space:nowrap;line-height:1}
.p.row::after{top:0;right:2px;height:13px;line-height:13px}
.p.row.pushed{border-color:transparent;border-bottom-color:color-mix(in srgb,var(--s),transparent 45%);background:none}
.p.row.same{background:none;border-color:transparent;border-bottom-color:var(--line)}
.p.row b::before{content:"▾ "}
.p:hover,.p.hint,.p.open{z-index:1;box-shadow:0 0 0 2px var(--s)}
.p.same:hover,.p.same.open{--s:var(--link)}
.p:focus-visible{outline-offset:0;z-index:2}
.unchanged{margin:4px 0}
.unchanged>summary{padding:3px 8px;font-size:var(--small);color:var(--dim);cursor:pointer;border:1px dashed var(--line);border-radius:5px}
.unchanged>:not(summary){margin-top:5px}
.all{padding:2px 10px;margin-bottom:9px;border:1px solid var(--line);border-radius:7px;background:none;font-size:var(--small);cursor:pointer}
.collapsed{margin:2px 0}
.collapsed>summary{height:calc(var(--unit) - 1px);line-height:calc(var(--unit) - 2px);padding:0 7px;overflow:hidden;white-space:nowrap;font-size:var(--small);cursor:pointer;border:1px solid var(--line);border-radius:3px}
.collapsed:not(.same)>summary{border-color:var(--s);background:var(--b)}
.collapsed>summary small{font-size:var(--small)}
.collapsed>.grid{margin:2px 0 4px 10px;box-shadow:-4px 0 var(--line)}
.auto{display:grid;grid-auto-rows:minmax(calc(var(--unit)*5),auto);background:var(--sunk);border-radius:5px}
.box{margin:3px 0;border:1px solid var(--line);border-radius:5px}
.box>summary{padding:3px 7px;font-size:var(--small);cursor:pointer}
.box>summary small{font-size:var(--small)}
.box>:not(summary){margin:2px 4px 4px 10px}
.box.tab{border-top:3px solid var(--line)}
.box:not(.same){border-color:var(--s)}.box:not(.same)>summary{background:var(--b)}
.box.moved{border-style:dashed}
.box.removed>summary b{text-decoration:line-through}
.strip{display:flex;flex-wrap:wrap;gap:2px 4px;margin:0 0 4px;border-bottom:1px solid var(--line)}
.strip span{padding:2px 9px;font-size:var(--small);border:1px solid var(--line);border-bottom:0;border-radius:5px 5px 0 0}
.strip span:not(.same){border-color:var(--s);background:var(--b);font-weight:600}
.strip .removed{text-decoration:line-through}
.badge{display:inline-block;flex:none;align-self:flex-start;margin:2px 4px 0 0;padding:0 6px;border:1px solid var(--line);border-radius:8px;background:var(--card);color:var(--text);font-size:var(--small);font-style:normal;font-weight:400;line-height:15px}

.rules>li{padding:10px 0;border-top:1px solid var(--line)}
.rules>li:first-child{border-top:0;padding-top:2px}
.rule h4{font-size:14.5px;font-weight:600}
.rule h4 small{font-weight:400}
.rule>:not(h4){margin-left:26px}
.condition{margin-top:3px}
.condition dt{display:inline;color:var(--dim);margin-right:6px}.condition dd{display:inline;font-weight:550}
.condition .change dd{display:block}
.condition ins,.condition del{font:550 14px/1.5 system-ui,sans-serif;display:table;max-height:none;margin:2px 0;padding:2px 12px 2px 22px}
.query{display:block;margin-top:5px;padding:3px 8px;border-radius:4px;background:var(--sunk);font-size:var(--small);white-space:pre-wrap;max-height:9em;overflow:auto}
.rule details{margin-top:5px}.rule summary{cursor:pointer;color:var(--dim);font-size:var(--note)}
.rest{color:var(--dim);font-size:var(--note);margin-top:6px}
pre{white-space:pre-wrap;background:var(--sunk);padding:8px 10px;border-radius:6px;font-size:var(--small);max-height:30em;overflow:auto}
.card>details>summary{cursor:pointer;color:var(--dim);font-size:var(--note)}

.tree ul{margin-left:13px;border-left:2px solid var(--line)}
.tree ul>li{position:relative;padding-left:16px}
.tree ul>li::before{content:"";position:absolute;left:0;top:18px;width:14px;border-top:2px solid var(--line)}
.tree ul>li:last-child::after{content:"";position:absolute;left:-2px;top:20px;bottom:0;width:2px;background:var(--card)}
.policy{margin:3px 0;padding:5px 9px;border:1.5px solid var(--s);border-radius:6px;background:var(--b);font-weight:550}
.policy small{display:block;font-weight:400}
.policy .to::before{content:"→ " / "to ";color:var(--dim)}
.policy em{font-weight:500;font-size:var(--small);color:var(--s)}
.policy mark{font-family:inherit;color:var(--s)}
.policy.same{background:none;border:1px solid var(--line)}.policy.same>*{opacity:.8}.policy.same .sign{display:none}
.policy.moved{border-style:dashed}
.policy.removed{background:repeating-linear-gradient(-45deg,var(--b) 0 7px,color-mix(in srgb,var(--b),var(--s) 16%) 7px 9px)}
.tail li{padding:1px 0}

.targets{margin-top:10px}.targets summary{cursor:pointer;color:var(--dim)}
.targets li{padding:2px 0}.targets small{margin-left:6px}
.targets .problem{white-space:pre-wrap;color:var(--s)}
.matrix{margin-top:16px;max-height:75vh;overflow:auto;border:1px solid var(--line);border-radius:8px;background:var(--card)}
.matrix table{border-collapse:separate;border-spacing:0;min-width:100%}
.matrix th,.matrix td{padding:5px 12px;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}
.matrix tbody tr:last-child>*{border-bottom:0}
.matrix thead th{position:sticky;top:0;z-index:2;background:var(--sunk);font-size:var(--small);color:var(--dim)}
.matrix th:first-child{position:sticky;left:0;z-index:1;background:var(--card);border-right:1px solid var(--line);font-weight:550;white-space:normal;min-width:14rem;max-width:26rem}
.matrix thead th:first-child{z-index:3;background:var(--sunk)}
.matrix td{color:var(--dim)}.matrix td[class]{background:var(--b)}
.letter{display:inline-block;min-width:18px;padding:0 4px;border:1px solid var(--line);border-radius:4px;background:var(--card);color:var(--text);font-size:var(--small);line-height:16px;text-align:center}
.environments{display:flex;flex-wrap:wrap;gap:3px 5px;align-items:center;margin:3px 0 2px}
.environments span{padding:0 8px;border:1px solid var(--line);border-radius:9px;background:var(--sunk);color:var(--text);font-size:var(--small)}
.compared{margin:2px 0 5px}.card h4{margin-top:8px}

#drawer{position:fixed;inset:0 0 0 auto;z-index:5;width:min(460px,100vw);height:100dvh;max-height:none;margin:0;padding:0 18px 12px;border:0;border-left:1px solid var(--line);background:var(--card);color:var(--text);box-shadow:-8px 0 30px #0003;overflow:auto}
#drawer:has(.pictures figure+figure){width:min(820px,100vw)}
#drawer.left{inset:0 auto 0 0;border-left:0;border-right:1px solid var(--line);box-shadow:8px 0 30px #0003}
#drawer header{position:sticky;top:0;display:flex;gap:12px;align-items:start;justify-content:space-between;background:var(--card);padding:14px 0 8px;z-index:1}
#drawer h2{font-size:17px;line-height:1.35;outline:0}
#drawer h3{font-size:var(--small);text-transform:uppercase;letter-spacing:.06em;color:var(--dim);margin:14px 0 3px}
#drawer .close{border:1px solid var(--line);border-radius:6px;background:none;width:30px;height:28px;cursor:pointer;flex:none}
#drawer code{display:block;margin-top:5px;padding:4px 8px;border-radius:4px;background:var(--sunk);font-size:var(--small);white-space:pre-wrap}
#drawer .facts{margin-top:8px}
#drawer footer{margin-top:22px;color:var(--dim);font-size:var(--small)}
kbd{border:1px solid var(--line);border-radius:4px;padding:0 5px;font-size:var(--small)}
@media(max-width:900px){[data-side=both] .sides{grid-template-columns:1fr}.legend{margin-left:0;order:9;width:100%;gap:4px 12px}.theme{margin-left:auto}}
@media(max-width:600px){:root{--unit:24px;--small:13px;--note:13px}html{scroll-padding-top:7.5rem}.bar{padding:7px 10px}.bar strong{flex-basis:calc(100% - 50px);order:-2}.theme{order:-1}main{padding:14px 10px 50px}h1{font-size:20px}h1 small{display:block;margin:2px 0 0}.card{padding:11px 9px}
.p{margin:1px;padding:2px 3px;font-size:var(--small);border-width:1px}.p small,.p code{display:none}.p b{max-height:3.9em;padding-right:0}.p.same>b{font-weight:500}.p::after{top:auto;bottom:2px;right:2px}
.matrix th:first-child{min-width:9rem;max-width:44vw}.matrix th,.matrix td{padding:5px 8px}
.legend .same{display:none}.switch{flex:1}.switch label{flex:1}.switch span{text-align:center;padding:5px 4px}
#drawer,#drawer.left{inset:auto 0 0 0;width:100vw;max-width:100vw;height:min(72dvh,600px);border-width:1px 0 0;border-radius:14px 14px 0 0}#drawer footer{display:none}
.collapsed>.grid{margin-left:0;box-shadow:none}}
@media print{.bar,#drawer{display:none}.many .card{content-visibility:visible}}
`;
