# Sums up a log of -XX:+UnlockDiagnosticVMOptions -XX:+LogCompilation -XX:LogFile=FILE: compilations.py FILE COUNT 9999
import re,sys
f=sys.argv[1]
tasks=[];cur={}
name=None
with open(f,errors='replace') as h:
    for l in h:
        m=re.match(r"<task compile_id='(\d+)'(.*)stamp='([\d.]+)'",l)
        if m:
            a=m.group(2); meth=re.search(r"method='([^']+)'",a).group(1)
            lev=re.search(r"level='(\d)'",a); osr='osr' if "compile_kind='osr'" in a else ''
            cur=dict(id=m.group(1),meth=meth,lev=lev.group(1) if lev else '4',osr=osr,st=float(m.group(3)))
        m=re.match(r"<task_done.*stamp='([\d.]+)'",l)
        if m and cur:
            cur['en']=float(m.group(1)); tasks.append(cur); cur={}
        m=re.match(r"<uncommon_trap thread='\d+' reason='(\w+)' action='(\w+)'.*stamp='([\d.]+)'",l)
        if m: 
            c=re.search(r"compile_id='(\d+)'",l); j=re.search(r"method='([^']+)'",l)
            tasks.append(dict(trap=m.group(1)+'/'+m.group(2),st=float(m.group(3)),id=c and c.group(1),meth=j and j.group(1)))
T=[t for t in tasks if 'en' in t]
for lev in '1234':
    s=[t for t in T if t['lev']==lev]; print('level',lev,len(s),'%.2f s'%sum(t['en']-t['st'] for t in s))
def sh(m): return ' '.join(m.split()[:2]).replace('org.ryzanstein.','')
print('top c2'); 
for t in sorted([t for t in T if t['lev']=='4'],key=lambda t:t['st']-t['en'])[:int(sys.argv[2])]: print('%.3f  %.3f..%.3f %s %s'%(t['en']-t['st'],t['st'],t['en'],t['osr'],sh(t['meth'])))
print('traps');
for t in tasks:
    if 'trap' in t and t['st']>float(sys.argv[3]): print('%.3f %s %s'%(t['st'],t['trap'],sh(t['meth'] or '')))
print('by group, level 3/2 and 4')
import collections
g=collections.Counter();n=collections.Counter()
for t in T:
    m=t['meth'].split()[0]
    k='kernels' if 'ryzanstein.backend.avx' in m else 'backend.cpu' if 'backend.cpu' in m else 'loader' if 'ryzanstein.loader' in m else 'ryz other' if 'ryzanstein' in m else 'vector' if 'vector' in m else 'foreign/invoke' if ('foreign' in m or 'invoke' in m or 'classfile' in m) else 'picocli' if 'picocli' in m else 'log4j' if 'log4j' in m else 'jackson' if 'jackson' in m else 'jdk'
    g[k,t['lev']]+=t['en']-t['st'];n[k,t['lev']]+=1
for k,v in sorted(g.items(),key=lambda x:-x[1]): print(k,'%.2f'%v,n[k])
