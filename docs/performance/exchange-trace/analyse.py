import sys,glob,collections
import statistics as st
fs=sorted(glob.glob('trace.*'),key=lambda f:int(f.split('.')[1]))
T=[[tuple(map(int,l.split())) for l in open(f)] for f in fs]
print([len(t) for t in T])
# align collectives: kinds (drop send/receive) 
kinds=collections.Counter(x[0] for x in T[0]); print('kinds leader',kinds, collections.Counter(x[0] for x in T[1]))
# OperationKind ordinals: assume; find send/recv kinds as those differing
ka=set(x[0] for x in T[0]); kb=set(x[0] for x in T[1])
ex=ka^kb
A=[x for x in T[0] if x[0] not in ex]; B=[x for x in T[1] if x[0] not in ex]
print(len(A),len(B))
n=min(len(A),len(B))
# align from the end backwards? check shape
off=len(B)-len(A)
bad=sum(1 for i in range(n) if A[i][:3]!=B[i][:3]); print('mismatch',bad)
# steps: split by broadcast (rows==64, cols==1?)
steps=[];cur=None
bk=None
for i in range(n):
    a,b=A[i],B[i]
    if a[1]==64: # step header
        cur=[];steps.append(cur)
    if cur is not None: cur.append((a,b))
L=collections.Counter(len(s) for s in steps); print('steps by len',L)
dec=[s for s in steps if len(s)==121 and s[5][0][1]==1]
pre=[s for s in steps if len(s)>=121 and s[5][0][1]==128]
print('decode',len(dec),'prefill',len(pre))
dec=dec[-99:]; pre=pre[-4:]
def us(x): return x/1e3
if 1:
  for name,S in [q for q in (("decode",dec[-99:]),("prefill",pre[-4:])) if q[1]]:
    tot=collections.Counter();N=0
    costs=[]
    for s in S:
        for j,(a,b) in enumerate(s[1:],1):
            arr=max(a[3],b[3]); end=max(a[5],b[5])
            skew=a[3]-b[3] # >0: leader late
            tr=a[5]-arr; trb=b[5]-arr
            tot['skewLlate']+=max(0,skew); tot['skewWlate']+=max(0,-skew)
            tot['transpL']+=tr; tot['transpW']+=trb
            tot['leader']+=a[5]-a[3]; tot['worker']+=b[5]-b[3]
            tot['start']+=a[4]-a[3];tot['startW']+=b[4]-b[3]
            costs.append((abs(skew),skew,tr,trb,j,a,b))
            N+=1
    print(name,'per step ms:',{k:round(v/len(S)/1e6,3) for k,v in tot.items()})
    # step time
    d=[s2[0][0][3]-s1[0][0][3] for s1,s2 in zip(S,S[1:])]; print(' step ms', st.median(d)/1e6)
    for nm,f in (('abs skew',lambda c:c[0]),('transL',lambda c:c[2]),('transW',lambda c:c[3])):
        v=sorted(map(f,costs)); m=len(v)
        print(' ',nm,'us p10 %.1f p50 %.1f p90 %.1f p95 %.1f p99 %.1f max %.1f mean %.1f'%tuple([us(v[int(m*q)]) for q in(.1,.5,.9,.95,.99)]+[us(v[-1]),us(sum(v)/m)]))
    # share by bucket
    for nm,f in (('abs skew',lambda c:c[0]),('transL',lambda c:c[2])):
        bk=collections.Counter();bn=collections.Counter()
        for c in costs:
            v=us(f(c)); k=next(i for i,x in enumerate([10,20,50,100,200,500,1000,5000,1e9]) if v<=x)
            bk[k]+=v;bn[k]+=1
        print('  ',nm,[(["<10","<20","<50","<100","<200","<500","<1000","<5000",">"][k],round(bk[k]/len(S)/1e3,3),bn[k]) for k in sorted(bk)])
    # by position in layer, signed skew
    by=collections.defaultdict(list);bt=collections.defaultdict(list)
    for c in costs: by[(c[4]-1)%4].append(us(c[1])); bt[(c[4]-1)%4].append(us(c[2]))
    for k in by: print('  pos',k,'shape',S[0][1+k][0][:3],'median skew',round(st.median(by[k]),1),'mean',round(st.mean(by[k]),1),'trans median',round(st.median(bt[k]),1),'mean',round(st.mean(bt[k]),1))
    # compute segments between ends and next arrival
    seg=[[[],[]] for _ in range(4)]
    for s in S:
        for j in range(1,len(s)-1):
            for r in (0,1): seg[(j)%4][r].append(us(s[j+1][r][3]-s[j][r][5]))
    for k in range(4):
        for r in(0,1):
            v=sorted(seg[k][r]);m=len(v); print('  seg before pos',k,'rank',r,'p10 %.0f p50 %.0f mean %.0f p90 %.0f p99 %.0f'%(v[m//10],v[m//2],sum(v)/m,v[m*9//10],v[m*99//100]))
    # first exchange = header ; tail
    lead=[us(s[0][0][5]-s[0][0][3]) for s in S]; print('  header leader us median',st.median(lead),'mean',st.mean(lead))
    late=[us(s[1][1][3]-s[1][0][3]) for s in S]; print('  first op skew W-L us median',st.median(late),'mean',st.mean(late))
    bl=S[-1][-1][0][6]-S[0][0][0][6]; bw=S[-1][-1][1][6]-S[0][0][1][6]; print('  selector blocks leader',bl,'worker',bw)
