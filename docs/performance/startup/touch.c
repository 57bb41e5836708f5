#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>
#include <string.h>
static double now(int c){struct timespec t;clock_gettime(c,&t);return t.tv_sec+t.tv_nsec*1e-9;}
char*base;long per;
void*w(void*a){char*p=base+(long)a*per;double c=now(CLOCK_THREAD_CPUTIME_ID),t=now(CLOCK_MONOTONIC);for(long o=0;o<per;o+=4096)p[o]=1;
 printf(" thread %ld wall %.0f ms cpu %.0f ms\n",(long)a,1e3*(now(CLOCK_MONOTONIC)-t),1e3*(now(CLOCK_THREAD_CPUTIME_ID)-c));return 0;}
int main(int n,char**v){int threads=atoi(v[1]);long mb=atol(v[2]);per=(mb/threads)<<20;
 char*m=mmap(0,(mb+2)<<20,3,MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE,-1,0);base=(char*)(((long)m+(2<<20)-1)&~((2L<<20)-1));
 madvise(base,mb<<20,n>3?atoi(v[3]):14);pthread_t t[8];double s=now(CLOCK_MONOTONIC);
 for(long i=0;i<threads;i++)pthread_create(t+i,0,w,(void*)i);for(int i=0;i<threads;i++)pthread_join(t[i],0);
 printf("%d threads %ld MB: %.0f ms\n",threads,mb,1e3*(now(CLOCK_MONOTONIC)-s));}
