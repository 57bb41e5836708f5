exec(open('analyse.py').read().split("print('decode',len(dec)")[0])
import re
dec=dec[-99:]
names={}
# parse trace
sw={0:[],1:[]}
for l in open('sched.trace'):
    m=re.match(r'\s*(.+)-(\d+)\s+\[(\d+)\]\s+\S+\s+([\d.]+): sched_switch: prev_comm=(.*?) prev_pid=(\d+) .* ==> next_comm=(.*?) next_pid=(\d+)',l)
    if m: sw[int(m[3])].append((int(float(m[4])*1e9),m[7],int(m[8]),m[5],int(m[6])))
print({c:len(v) for c,v in sw.items()})
# who runs during decode windows
per=collections.Counter();tot=0
w=[(s[0][0][5],s[-1][0][5]) for s in dec]
for c in (0,1):
    v=sw[c]
    for i in range(len(v)-1):
        t,a,p,_,_=v[i];e=v[i+1][0]
        for x,y in w:
            o=min(e,y)-max(t,x)
            if o>0: per[(a,p)]+=o
for k,v in per.most_common(30): print(k,'ms per step %.3f'%(v/1e6/len(w)))
print(w[0][0]/1e9,w[-1][1]/1e9, sw[0][0][0]/1e9,sw[0][-1][0]/1e9)
print(sum(y-x for x,y in w)/1e6/len(w))
for c in (0,1):
    o=0
    v=sw[c]
    for i in range(len(v)-1):
        t=v[i][0];e=v[i+1][0]
        for x,y in w: o+=max(0,min(e,y)-max(t,x))
    print(c,o/1e6/len(w))
LP=24544;WP=24514
import sys
att=collections.Counter();n=0
late=0
for si,s in enumerate(dec):
    for j in range(1,len(s)):
        a,b=s[j];pa,pb=s[j-1]
        sk=a[3]-b[3]
        if abs(sk)>150000:
            late+=abs(sk);n+=1
            me,x,y=(LP,pa[5],a[3]) if sk>0 else (WP,pb[5],b[3])
            run=0;oth=collections.Counter()
            # intervals where me runs
            for c in (0,1):
                v=sw[c]
                for i in range(len(v)-1):
                    t,nm,p,_,_=v[i];e=v[i+1][0]
                    if e<x or t>y: continue
                    o=min(e,y)-max(t,x)
                    if p==me: run+=o
            miss=(y-x)-run
            # others on the core me was on: those on both cores other than me and peer
            for c in (0,1):
                v=sw[c]
                for i in range(len(v)-1):
                    t,nm,p,_,_=v[i];e=v[i+1][0]
                    if e<x or t>y or p in(LP,WP): continue
                    oth[nm]+=min(e,y)-max(t,x)
            att['notrunning']+=min(miss,abs(sk)); att['running but slow']+=max(0,abs(sk)-miss)
            if miss>0.5*abs(sk):
                tot=sum(oth.values())
                for k,q in oth.items(): att[k]+=miss*q/max(tot,1)
print('n',n,'late ms/step',late/len(dec)/1e6)
for k,q in att.most_common(14): print(k,round(q/1e6/len(dec),3))
