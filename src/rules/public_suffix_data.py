"""The built-in public suffixes: registries of countries, and hosts under which strangers have sub-domains.

Written for this package and short on purpose: it keeps cookies of unrelated sites apart where it matters most. The
whole list of publicsuffix.org is used instead when the ``psl`` extra is installed.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["rules"]

# A top-level domain, and the names that are registries under it. A top-level domain needs no entry of its own.
_REGISTRIES = """
ac com edu gov mil net org
ae ac co gov mil net org sch
af com edu gov net org
ag co com net nom org
ai com net off org
al com edu gov mil net org
am co com commune net org
ao co ed gv it og pb
ar com edu gob gov int mil net org tur
at ac co gv or
au asn com edu gov id net org
az biz com edu gov info int mil name net org pp pro
ba com edu gov mil net org
bb biz co com edu gov info net org store tv
bd ac com edu gov mil net org
be ac
bh com edu gov net org
bo com edu gob int mil net org tv web
br adm adv agr am arq art ato b bio blog bmd cim cng cnt com coop ecn eco edu emp eng esp etc eti far flog fm fnd
br fot fst g12 ggf gov imb ind inf jor jus leg lel mat med mil mp mus net not ntr odo org ppg pro psc psi qsl
br radio rec slg srv taxi teo tmp trd tur tv vet vlog wiki zlg
bw co org
by com gov mil of
bz co com edu gov net org
ca ab bc gc mb nb nf nl ns nt nu on pe qc sk yk
ci ac co com ed edu go gouv int net or org
cl co gob gov mil
cm co com gov net
cn ac com edu gov mil net org xn--55qx5d xn--io0a7i xn--od0alg
cn ah bj cq fj gd gs gx gz ha hb he hi hk hl hn jl js jx ln mo nm nx qh sc sd sh sn sx tj tw xj xz yn zj
co com edu gov mil net nom org
cr ac co ed fi go or sa
cu com edu inf net org
cy ac biz com ekloges gov ltd mil net org press pro tm
dm com edu gov net org
do art com edu gob gov mil net org sld web
dz art asso com edu gov net org pol
ec com edu fin gob gov info k12 med mil net org pro
ee aip com edu fie gov lib med org pri riik
eg com edu eun gov mil name net org sci
es com edu gob nom org
et biz com edu gov info name net org
fj ac biz com gov info mil name net org pro
fr asso com gouv nom prd tm
gg co net org
gh com edu gov mil org
gi com edu gov ltd mod org
gr com edu gov net org
gt com edu gob ind mil net org
gu com edu gov net org
hk com edu gov idv net org
hn com edu gob mil net org
hr com from iz name
ht com edu gouv net org
hu agrar bolt casino city co film forum games hotel info media news org priv shop sport suli tm video
id ac biz co desa go mil my net or sch web
ie gov
il ac co gov idf k12 muni net org
im ac co com net org tt tv
in ac co edu firm gen gov ind mil net nic org res
iq com edu gov mil net org
ir ac co gov id net org sch
it edu gov
je co net org
jo com edu gov mil net org sch
jp ac ad co ed go gr lg ne or
jp aichi akita aomori chiba ehime fukui fukuoka fukushima gifu gunma hiroshima hokkaido hyogo ibaraki ishikawa iwate
jp kagawa kagoshima kanagawa kochi kumamoto kyoto mie miyagi miyazaki nagano nagasaki nara niigata oita okayama
jp okinawa osaka saga saitama shiga shimane shizuoka tochigi tokushima tokyo tottori toyama wakayama yamagata
jp yamaguchi yamanashi
ke ac co go info me mobi ne or sc
kg com edu gov mil net org
kh com edu gov net org
kr ac co es go hs kg mil ms ne or pe re sc
kr busan chungbuk chungnam daegu daejeon gangwon gwangju gyeongbuk gyeonggi gyeongnam incheon jeju jeonbuk jeonnam
kr seoul ulsan
kw com edu emb gov ind net org
ky com edu net org
kz com edu gov mil net org
lb com edu gov net org
lk ac assn com edu gov grp hotel int ltd net ngo org sch soc web
lr com edu gov net org
ls ac biz co edu gov info net org sc
lv asn com conf edu gov id mil net org
ly com edu gov id med net org plc sch
ma ac co gov net org press
me ac co edu gov its net org priv
mg co com edu gov mil nom org prd
mk com edu gov inf name net org
mo com edu gov net org
mt com edu net org
mu ac co com gov net or org
mv aero biz com coop edu gov info int mil museum name net org pro
mw ac biz co com coop edu gov int net org
mx com edu gob net org
my biz com edu gov mil name net org
mz ac adv co edu gov mil net org
ng com edu gov i mil mobi name net org sch
ni ac biz co com edu gob in info int mil net nom org web
nz ac co cri geek gen govt health iwi kiwi maori mil net org parliament school
om co com edu gov med museum net org pro
pa abo ac com edu gob ing med net nom org sld
pe com edu gob mil net nom org
ph com edu gov i mil net ngo org
pk ac com edu fam gkp gob gog gok gop gos gov net org web
pl agro aid atm auto biz com edu gmina gov gsm info mail media miasta mil net nieruchomosci nom org pc powiat priv
pl realestate rel sex shop sklep sos szkola targi tm tourism travel turystyka waw
pr ac biz com edu est gov info isla name net org pro prof
ps com edu gov net org plo sec
pt com edu gov int net nome org publ
py com coop edu gov mil net org
qa com edu gov mil name net org sch
ro arts com firm info nom nt org rec store tm www
rs ac co edu gov in org
rw ac co coop gov mil net org
sa com edu gov med net org pub sch
sb com edu gov net org
sc com edu gov net org
sd com edu gov info med net org tv
se a ac b bd brand c d e f fh fhsk fhv g h i k komforb kommunalforbund komvux l lanbib m n naturbruksgymn o org p
se parti pp press r s t tm u w x y z
sg com edu gov net org
sh com gov mil net org
sl com edu gov net org
sn art com edu gouv org univ
sv com edu gob org red
sy com edu gov mil net org
sz ac co org
th ac co go in mi net or
tj biz co com edu go gov int mil name net nic org test web
tn com ens fin gov ind info intl mincom nat net org perso tourism
to com edu gov mil net org
tr av bbs bel biz com dr edu gen gov info k12 kep mil name net org pol tel tsk tv web
tt biz co com edu gov info mil name net org pro
tw club com ebiz edu game gov idv mil net org
tz ac co go hotel info me mil mobi ne or sc tv
ua com edu gov in net org
ua cherkassy chernigov chernivtsi crimea dnipropetrovsk donetsk kharkiv kharkov kherson kiev kirovograd kyiv lugansk
ua lviv mykolaiv nikolaev odesa odessa poltava rivne rovno sumy ternopil uzhgorod vinnica volyn zaporizhzhe zhitomir
ug ac co com go ne or org sc
uk ac co gov ltd me net nhs org plc police
us dni isa nsn
uy com edu gub mil net org
uz co com net org
vc com edu gov mil net org
ve arts co com edu firm gob gov info int mil net org rec store tec web
vi co com k12 net org
vn ac biz com edu gov health info int name net org pro
ws com edu gov net org
ye com edu gov mil net org
za ac agric alt co edu gov grondar law mil net ngo nic nis nom org school tm web
zm ac biz co com edu gov info mil net org sch
zw ac co gov mil org
"""

# All names under these are registries, but for those after an exclamation mark.
_WILDCARDS = """
ck !www.ck
er fk jm mm np pg
kawasaki.jp !city.kawasaki.jp kitakyushu.jp !city.kitakyushu.jp kobe.jp !city.kobe.jp nagoya.jp !city.nagoya.jp
sapporo.jp !city.sapporo.jp sendai.jp !city.sendai.jp yokohama.jp !city.yokohama.jp
sch.uk run.app
compute.amazonaws.com compute-1.amazonaws.com elb.amazonaws.com
"""

_STATES = """
ak al ar as az ca co ct dc de fl ga gu hi ia id il in ks ky la ma md me mi mn mo ms mt nc nd ne nh nj nm nv ny oh ok or
pa pr ri sc sd tn tx ut va vi vt wa wi wv wy
"""
_STATES_WITHOUT = {"k12": ("de", "hi", "nd", "ri", "sd", "wv"), "cc": ("nd",)}

# Hosts under which anybody may have a sub-domain.
_HOSTS = """
br.com cn.com co.com de.com eu.com jpn.com mex.com ru.com sa.com uk.com us.com za.com
gb.net hu.net in.net jp.net se.net uk.net ae.org us.org
altervista.org appspot.com azurestaticapps.net azurewebsites.net bitbucket.io blogspot.com cloudapp.net cloudfront.net
cloudfunctions.net cloudns.cl ddns.net deno.dev duckdns.org dyndns.org elasticbeanstalk.com firebaseapp.com fly.dev
gitbook.io github.io githubusercontent.com gitlab.io global.ssl.fastly.net herokuapp.com hf.space
myqnapcloud.com myshopify.com netlify.app ngrok-free.app ngrok.app ngrok.io no-ip.org now.sh onrender.com pages.dev
readthedocs.io repl.co replit.app s3.amazonaws.com streamlit.app surge.sh synology.me translate.goog
trycloudflare.com up.railway.app vercel.app vercel.dev web.app wixsite.com
workers.dev
"""


def rules() -> Iterator[str]:
    """Yield the rules, written as publicsuffix.org does: ``co.uk``, ``*.ck``, ``!www.ck``."""
    for line in _REGISTRIES.split("\n"):
        top, *names = line.split() or [""]
        yield from (f"{name}.{top}" for name in names)
    for name in _WILDCARDS.split():
        yield name if name.startswith("!") else f"*.{name}"
    for state in _STATES.split():
        yield f"{state}.us"
        yield from (f"{name}.{state}.us" for name in ("k12", "cc") if state not in _STATES_WITHOUT[name])
    yield from _HOSTS.split()
